/** Etcd layout. Builders and the parser are pure and the inverse of each other; see docs/architecture.md. */
