//! Which log source an event of a given file belongs to. A source of ours declares that; a file of
//! Windows events does not, so it is read from the channel and the number, as Sigma's own table does.

use portcullis::incident::LogSource;
use serde_json::Value;

/// Sysmon's numbers and what Sigma calls them (Sigma, appendix taxonomy).
const SYSMON: [(i64, &str); 22] = [
    (1, "process_creation"),
    (2, "file_change"),
    (3, "network_connection"),
    (5, "process_termination"),
    (6, "driver_load"),
    (7, "image_load"),
    (8, "create_remote_thread"),
    (9, "raw_access_thread"),
    (10, "process_access"),
    (11, "file_event"),
    (12, "registry_event"),
    (13, "registry_set"),
    (14, "registry_rename"),
    (15, "create_stream_hash"),
    (17, "pipe_created"),
    (18, "pipe_created"),
    (19, "wmi_event"),
    (20, "wmi_event"),
    (21, "wmi_event"),
    (22, "dns_query"),
    (23, "file_delete"),
    (26, "file_delete"),
];

/// The log source of an event.
pub(crate) fn of(event: &Value) -> LogSource {
    let channel = event.get("Channel").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let number = event.get("EventID").and_then(Value::as_i64).unwrap_or_default();
    let source = |product: &str, category: Option<&str>, service: Option<&str>| LogSource {
        category: category.map(str::to_owned),
        product: Some(product.to_owned()),
        service: service.map(str::to_owned),
    };
    if channel.contains("sysmon") {
        let category = SYSMON.iter().find(|(wanted, _)| *wanted == number).map(|(_, category)| *category);
        source("windows", category, Some("sysmon"))
    } else if channel.contains("powershell") {
        let (category, service) = match number {
            4103 => (Some("ps_module"), "powershell"),
            4104 => (Some("ps_script"), "powershell"),
            _ => (None, "powershell-classic"),
        };
        source("windows", category, Some(service))
    } else if channel.is_empty() {
        source("aws", None, Some("cloudtrail"))
    } else {
        let service = channel.rsplit(['-', '/']).find(|part| *part != "operational").unwrap_or_default();
        source("windows", (number == 4688).then_some("process_creation"), Some(service))
    }
}

/// Product, category and service.
pub(crate) fn to_line(source: &LogSource) -> String {
    [&source.product, &source.category, &source.service].map(|part| part.as_deref().unwrap_or_default()).join("\t")
}

/// Back from there.
pub(crate) fn from_line(line: &str) -> LogSource {
    let mut parts = line.split('\t').map(|part| Some(part.to_owned()).filter(|part| !part.is_empty()));
    let mut next = || parts.next().flatten();
    let (product, category, service) = (next(), next(), next());
    LogSource { category, product, service }
}
