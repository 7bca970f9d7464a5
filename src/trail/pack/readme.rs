//! What whoever has a pack has to know: what is in it, and how to check it with our program and without.

use super::Kept;
use crate::incident::IncidentId;

/// The text.
pub(super) fn text(incident: &IncidentId, kept: &[Kept], key: &str) -> String {
    let (count, first) = (kept.len(), kept.first().map_or(0, |kept| kept.record.seq));
    let key = key.trim_end();
    format!(
        "Evidence pack for {incident}: {count} records

  timeline.html            the incident to read, in any browser; it loads nothing and runs nothing
  records/SEQ.json         a record, byte for byte as it was hashed (no newline at its end)
  records/SEQ.tlog-proof   the proof that it is in the log, by c2sp.org/tlog-proof@v1
  checkpoint               the log's signed head that all proofs lead to (c2sp.org/tlog-checkpoint)
  vkey                     the log's public key, as it lay beside the log

Whose key it is: whoever made this pack could have put in any key. Compare this with the one that the operator has
published, or that you were given before:

  {key}

With Portcullis, for each record:

  portcullis trail check-proof records/{first}.json records/{first}.tlog-proof --key vkey

Without it, by the public formats alone:

  1. The leaf of a record is SHA-256 of one zero byte and the bytes of SEQ.json (RFC 6962, section 2.1).
  2. The lines between `index SEQ` and the empty line in SEQ.tlog-proof are the hashes beside its way to the root, in
     base64, from the bottom up. With them and the size in the second line of the checkpoint, section 2.1.3.2 of RFC 9162
     gives the root.
  3. It has to be the third line of the checkpoint, in base64.
  4. The checkpoint is a signed note (c2sp.org/signed-note): the base64 in its first signature line is four bytes of key
     id and 64 of an Ed25519 signature over the text before the empty line, with the newline that ends it; the last 32
     bytes of the base64 in the key are the public key.
  Any tool for transparency logs does this, such as golang.org/x/mod/sumdb/tlog or PyPI's pymerkle for steps 1 to 3.

What this does not show: that no record of the incident was left out of the pack. For that, ask for the log itself
(`portcullis trail verify`) or for the records between these. And that nobody who has the log's key has rewritten it:
for that, compare the checkpoint with one that was kept elsewhere.

Addresses, names and bodies of alerts are not in here: they lie beside the trail and can be erased.
"
    )
}
