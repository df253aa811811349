/** Whether weights decide. Where nobody has one, all have the same: what wants a plan for load, and what people read, follow the planner (`weightsOf` in planner/matrix/demand.ts). */
export function haveWeight(weights: Iterable<number>): boolean {
  for (const weight of weights) if (weight > 0) return true;
  return false;
}
