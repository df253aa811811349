/** What operators say of a container's weight, capacity and zone instead of what it registered with. */
import {valueOf} from '../../../appview/app-news.ts';
import {OVERRIDABLE} from '../../../model/container-share.ts';
import type {ContainerOverride} from '../../../model/container-share.ts';
import {containerNotFound} from '../../../model/not-found.ts';
import type {AdminRequest, WriteAnswer} from '../../../protocol/admin.ts';
import {decodeContainerOverride} from '../../../protocol/records.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {liveSpec} from '../guards.ts';
import {UNCHANGED, conditionalWrite, deleting, writing} from './conditional-write.ts';

/** Sets the fields that are given; null takes one back. What is left without a field is removed. */
export async function setContainer(
  dependencies: AdminDependencies,
  request: AdminRequest<'setContainer'>,
  caller: string,
): Promise<WriteAnswer> {
  const {store, keys, wallMs} = dependencies;
  const {service: app, container, dryRun, reason} = request;
  const key = keys.containerOverride(app, container);
  const read = [keys.appSpec(app), key, keys.containerId(app, container)];
  return conditionalWrite(store, read, dryRun, ({entries: [spec, present, id]}) => {
    liveSpec(app, spec);
    // A mistyped id must not become an override that waits for ever.
    if (present === undefined && id === undefined) throw containerNotFound(app, container);
    const before = valueOf(present, decodeContainerOverride);
    const wanted: ContainerOverride = {
      ...before,
      ...{reason, by: request.by ?? caller, at: new Date(wallMs()).toISOString()},
    };
    for (const field of OVERRIDABLE) apply(wanted, field, request[field]);
    if (OVERRIDABLE.every((field) => wanted[field] === undefined)) {
      if (present === undefined) return UNCHANGED;
      return deleting(key);
    }
    if (before !== undefined && OVERRIDABLE.every((field) => wanted[field] === before[field]))
      return UNCHANGED;
    const result = present === undefined ? 'created' : 'configured';
    return writing(result, key, wanted);
  });
}

function apply<F extends (typeof OVERRIDABLE)[number]>(
  override: ContainerOverride,
  field: F,
  said: ContainerOverride[F] | null,
): void {
  if (said === null) delete override[field];
  else if (said !== undefined) override[field] = said;
}
