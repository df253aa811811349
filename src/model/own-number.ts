/** The number of that name; undefined where there is none. A metric may be named as something that every object has, such as `constructor`. */
export function ownNumber(
  numbers: Readonly<Record<string, number>> | undefined,
  name: string,
): number | undefined {
  return numbers !== undefined && Object.hasOwn(numbers, name) ? numbers[name] : undefined;
}
