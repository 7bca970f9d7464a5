//! One harmless event of every kind, in its sender's own shape, for trying a source.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Sender, SourceKind};
use crate::incident::Timestamp;

impl Sender {
    /// A body such as senders of this kind write, about nobody, that is another one for every `id`. Where a sender
    /// shows its secret or its topic in the body, they stand there.
    #[must_use]
    pub fn sample(&self, kind: SourceKind, id: &str, now: Timestamp) -> String {
        let id: String = URL_SAFE_NO_PAD.encode(id).chars().take(40).collect();
        let time = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let milliseconds = now.as_millisecond().to_string();
        let seconds = now.as_second().to_string();
        let values = [
            ("@id@", &*id),
            ("@time@", &time),
            ("@ms@", &milliseconds),
            ("@s@", &seconds),
            ("@secret@", self.secret()),
            ("@topic@", self.topic()),
        ];
        values.into_iter().fold(kind.shape().trim_end().to_owned(), |text, (name, value)| text.replace(name, value))
    }
}
