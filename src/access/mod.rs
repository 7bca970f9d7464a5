//! Floor 5: who may do what. Tokens are kept as SHA-256 digests; roles are a closed list.
