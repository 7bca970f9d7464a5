//! One request as it came, before anything in it is believed.

use std::net::IpAddr;

use super::{ClientCertificate, Headers};

/// What a request to a source consists of, without any HTTP library.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The source's name, as it stands in the path.
    pub source: &'a str,
    /// What stands behind the name in the path, if anything does.
    pub secret: Option<&'a str>,
    /// What stands behind the `?` of the URL.
    pub query: &'a str,
    /// Every header.
    pub headers: Headers<'a>,
    /// Who asks: the peer of the connection, or whom a trusted proxy says it is.
    pub peer: IpAddr,
    /// What the other side of the connection has proven to be, if it has.
    pub certificate: Option<&'a ClientCertificate>,
    /// The raw body.
    pub body: &'a [u8],
}
