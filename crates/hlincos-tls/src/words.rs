//! TLS errors in words that an operator can act on.

use rustls::{AlertDescription, CertificateError, Error};

/// Cause and next step of a failed handshake.
#[must_use]
pub fn explain(error: &Error) -> String {
    let text = match error {
        Error::InvalidCertificate(why) => return certificate(why),
        Error::AlertReceived(alert) => match alert {
            AlertDescription::UnknownCA | AlertDescription::DecryptError => {
                "the other end does not know the authority of this certificate; issue it from the \
                 same root (`hlincos ca issue`)"
            }
            AlertDescription::CertificateRequired => {
                "the other end asks for a certificate; set certificate and key in the configuration"
            }
            AlertDescription::CertificateExpired => {
                "this party's certificate has expired; issue a new one (`hlincos ca issue`)"
            }
            AlertDescription::CertificateRevoked => {
                "this party's certificate was revoked; ask the authority for a new one"
            }
            AlertDescription::AccessDenied => {
                "the other end's suite policy does not allow this key exchange; compare \
                 `hlincos suites` on both ends"
            }
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown => {
                "the other end refuses this party's certificate: it is not for this role, or the \
                 suite policy there does not allow its suite; see `hlincos ca issue` and \
                 `hlincos suites`"
            }
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity => {
                "the other end shares no key exchange or signature with this one; compare \
                 `hlincos suites` on both ends"
            }
            _ => return format!("the other end ended the handshake ({alert:?})"),
        },
        Error::InvalidMessage(_) => "the other end does not speak TLS; is address and port right?",
        Error::PeerIncompatible(_) | Error::NoApplicationProtocol => {
            "the other end has no TLS parameters in common; is it H-LINCOS of a fitting release?"
        }
        Error::NoCertificatesPresented => {
            "the other end shows no certificate; it must have one from the same root"
        }
        other => return format!("the handshake failed ({other})"),
    };
    text.to_owned()
}

fn certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the other end's certificate is of another authority; compare root.crt.pem on both ends"
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the other end's certificate has expired; issue it a new one (`hlincos ca issue`), or \
             set this machine's clock"
                .to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the other end's certificate is not valid yet; compare the clocks".to_owned()
        }
        CertificateError::Revoked => {
            "the other end's certificate was revoked; it must ask the authority for a new one"
                .to_owned()
        }
        CertificateError::UnknownRevocationStatus => {
            "no current revocation list covers the other end's certificate; fetch one \
             (`hlincos ca crl`)"
                .to_owned()
        }
        CertificateError::InvalidPurpose => {
            "the other end's certificate is not for its end of a connection; issue one of the \
             right role (`hlincos ca issue`)"
                .to_owned()
        }
        CertificateError::Other(why) => why.to_string(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the other end's certificate is for another party; compare its name and role with the \
             configuration"
                .to_owned()
        }
        other => format!("the other end's certificate is refused ({other})"),
    }
}
