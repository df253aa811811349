/** Errors about an object that is not there, or soon is not: the same in daemon, SDK and command line. */
import {SmError} from './errors.ts';

export function appNotFound(app: string): SmError {
  return new SmError('APP_NOT_FOUND', `app ${app} does not exist`, {
    hint: `sm app create ${app}`,
    object: `app/${app}`,
  });
}

export function appDeleting(app: string): SmError {
  return new SmError('APP_DELETING', `app ${app} is being removed`, {
    hint: `sm wait app/${app} --for gone`,
    retryable: true,
    object: `app/${app}`,
  });
}

export function shardNotFound(app: string, shard: string): SmError {
  return new SmError('SHARD_NOT_FOUND', `app ${app} has no shard ${shard}`, {
    hint: `sm shard ls -a ${app}`,
    object: `shard/${shard}`,
  });
}

export function containerNotFound(app: string, container: string): SmError {
  return new SmError('CONTAINER_NOT_FOUND', `app ${app} has no container ${container}`, {
    hint: `sm container ls -a ${app}`,
    object: `container/${container}`,
  });
}

/** The container may be known, by an order or by shards that it has not given up. */
export function containerNotAlive(app: string, container: string): SmError {
  return new SmError('CONTAINER_NOT_FOUND', `container ${container} of app ${app} is not alive`, {
    hint: `sm container ls -a ${app}`,
    object: `container/${container}`,
  });
}
