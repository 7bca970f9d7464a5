//! Log folders, and the verifiers of other people that judge them: Go's `x/mod/sumdb`, which reads tiles, proofs and
//! signatures, and PyPI's pymerkle, which reads all but signatures. `tests/verifiers/install` installs them; without
//! them these tests fail and say so.

mod forged;
mod honest;
mod naive;
mod ours;
pub(crate) mod verifier;
