/** `etcdPrefix` where nobody says another one: all keys of sm in etcd begin with it. */
export const ETCD_PREFIX_DEFAULT = '/sm';
