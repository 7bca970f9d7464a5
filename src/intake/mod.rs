//! Floor 2: the senders. Takes a source's name, headers and raw body, and gives a verified delivery
//! of normalised alerts, or the reason why not. Knows no HTTP library, no storage and no rules.
//!
//! The way of a delivery: [`Intake::receive`] checks the outside ([`Refusal`]), then the signature
//! over the raw bytes (`verify`, by a row of the table in `scheme`), then the source's rate, and only
//! then parses (`json`) and normalises (`normalise`, by a row of the table in `kind`).
//! Adding a sender is adding a row; both tables are data.
