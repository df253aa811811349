import {readSync} from 'node:fs';
import {HEADER_BYTES, decodeFrame, decodeHeader} from './frames.ts';
import type {Frame} from './frames.ts';
import {READ_WINDOW_BYTES} from './limits.ts';

/** Reads the frames of an open file one after the other. A frame's body is good until the next call. */
export class FrameReader {
  private readonly fd: number;
  private window = Buffer.allocUnsafe(READ_WINDOW_BYTES);
  /** What of the window holds bytes of the file not yet given out. */
  private start = 0;
  private end = 0;
  private position = 0;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Where in the file the next frame is expected. */
  get offset(): number {
    return this.position;
  }

  /** The next frame; undefined at the end and where the bytes are not a whole frame. */
  next(): Frame | undefined {
    this.fill(HEADER_BYTES);
    const header = decodeHeader(this.window.subarray(this.start, this.end));
    if (header === undefined) return undefined;
    const bytes = HEADER_BYTES + header.bodyBytes;
    this.fill(bytes);
    const frame = decodeFrame(this.window.subarray(this.start, this.end));
    if (frame === undefined) return undefined;
    this.start += bytes;
    this.position += bytes;
    return frame;
  }

  /** Makes so many bytes available, or as many as the file has. */
  private fill(bytes: number): void {
    if (this.end - this.start >= bytes) return;
    const target = bytes > this.window.length ? Buffer.allocUnsafe(bytes) : this.window;
    this.window.copy(target, 0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
    this.window = target;
    while (this.end < bytes) {
      const from = this.position + this.end;
      const got = readSync(this.fd, target, this.end, target.length - this.end, from);
      if (got === 0) return;
      this.end += got;
    }
  }
}
