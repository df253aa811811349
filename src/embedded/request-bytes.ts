/**
 * Whether bytes are the message that a method takes, decided as etcd's decoder decides it. The library's own decoder takes fields of a wrong
 * wire type for what they are not, and keeps its reasons for itself. A failure is a value here: what is thrown in a decoder is lost.
 */
import {status} from '@grpc/grpc-js';
import type {PackageDefinition} from '@grpc/proto-loader';
import {EtcdFailure} from './failures.ts';

/** Stands where a request should be. */
export class Malformed {
  readonly failure: EtcdFailure;

  constructor(reason: string) {
    this.failure = new EtcdFailure(status.INTERNAL, `grpc: error unmarshalling request: ${reason}`);
  }
}

/** What is needed of a message's description. */
export interface Shape {
  readonly name: string;
  readonly fields: ReadonlyMap<number, Field>;
}

interface Field {
  /** As etcd's generated code calls it. */
  readonly name: string;
  readonly wireType: number;
  /** Repeated numbers may also come packed. */
  readonly packable: boolean;
  readonly message: Shape | undefined;
}

interface Descriptor {
  readonly name: string;
  readonly field: readonly {
    readonly name: string;
    readonly number: number;
    readonly label: string;
    readonly type: string;
    readonly typeName: string;
  }[];
}

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH = 2;
const GROUP = 3;
const GROUP_END = 4;
const FIXED_32 = 5;

const UNEXPECTED_END = 'unexpected EOF';
const OVERFLOW = 'proto: integer overflow';
const NEGATIVE_LENGTH = 'proto: negative length found during unmarshaling';

/** Finds the shapes of messages, nested ones too, each once. */
export class Shapes {
  private readonly definition: PackageDefinition;
  private readonly known = new Map<string, Shape>();

  constructor(definition: PackageDefinition) {
    this.definition = definition;
  }

  of(type: unknown): Shape {
    const {name, field} = type as Descriptor;
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const fields = new Map<number, Field>();
    const shape = {name, fields};
    this.known.set(name, shape);
    for (const {name: fieldName, number, label, type: kind, typeName} of field) {
      const wireType = wireTypeOf(kind);
      fields.set(number, {
        name: goName(fieldName),
        wireType,
        packable: label === 'LABEL_REPEATED' && wireType === VARINT,
        message: kind === 'TYPE_MESSAGE' ? this.named(typeName) : undefined,
      });
    }
    return shape;
  }

  private named(typeName: string): Shape | undefined {
    const found = this.definition[`etcdserverpb.${typeName}`] ?? this.definition[typeName];
    return found === undefined
      ? undefined
      : this.of((found as unknown as {readonly type: unknown}).type);
  }
}

/** What is wrong with the bytes; undefined when they are such a message. */
export function faultIn(bytes: Buffer, shape: Shape): string | undefined {
  try {
    checkMessage(new Reader(bytes), bytes.length, shape);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    // Nested deeper than the stack reaches.
    if (error instanceof RangeError) return 'proto: message nested too deeply';
    throw error;
  }
}

class Fault extends Error {}

class Reader {
  at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Exact below 2^53; -1 for all that a signed 64-bit number has below 0. */
  varint(end: number): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 10; index += 1) {
      if (this.at >= end) throw new Fault(UNEXPECTED_END);
      const byte = this.bytes[this.at++] as number;
      // The tenth byte has room for the sign alone.
      const negative = index === 9 && (byte & 1) === 1;
      value += index === 9 ? 0 : (byte & 0x7f) * scale;
      if (byte < 0x80) return negative ? -1 : value;
      scale *= 128;
    }
    throw new Fault(OVERFLOW);
  }

  /** Where something of the length that stands here ends. */
  endOfLength(end: number): number {
    const length = this.varint(end);
    if (length < 0) throw new Fault(NEGATIVE_LENGTH);
    return this.checked(this.at + length, end);
  }

  checked(at: number, end: number): number {
    if (at > end) throw new Fault(UNEXPECTED_END);
    return at;
  }
}

function checkMessage(reader: Reader, end: number, shape: Shape): void {
  while (reader.at < end) {
    const tag = reader.varint(end);
    const wireType = tag & 7;
    const number = tag < 0 ? -1 : Math.floor(tag / 8) | 0;
    if (wireType === GROUP_END)
      throw new Fault(`proto: ${shape.name}: wiretype end group for non-group`);
    if (number <= 0)
      throw new Fault(`proto: ${shape.name}: illegal tag ${number} (wire type ${tag})`);
    const field = shape.fields.get(number);
    if (field === undefined) skip(reader, end, wireType);
    else checkField(reader, end, field, wireType);
  }
}

function checkField(reader: Reader, end: number, field: Field, wireType: number): void {
  if (wireType !== field.wireType && !(field.packable && wireType === LENGTH))
    throw new Fault(`proto: wrong wireType = ${wireType} for field ${field.name}`);
  if (wireType === VARINT) {
    reader.varint(end);
    return;
  }
  const fieldEnd = reader.endOfLength(end);
  if (field.message !== undefined) checkMessage(reader, fieldEnd, field.message);
  else if (field.packable) while (reader.at < fieldEnd) reader.varint(fieldEnd);
  reader.at = fieldEnd;
}

/** A field that nobody knows. */
function skip(reader: Reader, end: number, wireType: number): void {
  switch (wireType) {
    case VARINT:
      reader.varint(end);
      return;
    case FIXED_64:
      reader.at = reader.checked(reader.at + 8, end);
      return;
    case LENGTH:
      reader.at = reader.endOfLength(end);
      return;
    case GROUP:
      for (;;) {
        const inner = reader.varint(end) & 7;
        if (inner === GROUP_END) return;
        skip(reader, end, inner);
      }
    case FIXED_32:
      reader.at = reader.checked(reader.at + 4, end);
      return;
    default:
      throw new Fault(`proto: illegal wireType ${wireType}`);
  }
}

function wireTypeOf(kind: string): number {
  return kind === 'TYPE_MESSAGE' || kind === 'TYPE_BYTES' || kind === 'TYPE_STRING'
    ? LENGTH
    : VARINT;
}

/** `range_end` is RangeEnd. */
function goName(name: string): string {
  return name.replace(/(?:^|_)([a-zA-Z])/g, (_match, letter: string) => letter.toUpperCase());
}
