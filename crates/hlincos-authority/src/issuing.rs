//! Issuing and renewing certificates of parties.

use std::path::Path;
use std::time::Duration;

use hlincos_pki::{
    Certificate, HcRole, Identity, KeyPair, Party, PublicKey, ShownChain, SignatureAlgorithm,
    Usage, Verifier, VerifierError,
};

use crate::AuthorityError;
use crate::authority::{
    Authority, Passphrase, ROOT_CERTIFICATE, chain_pem, now, write_certificates, write_key,
};
use crate::files::{private_folder, read, read_if_there, refuse_existing, replace, write_new};
use crate::registry::{Issuer, Registry};

/// What is asked of an authority.
pub struct IssueRequest<'a> {
    /// Whose certificate.
    pub identity: &'a Identity,
    /// What the party signs with.
    pub algorithm: SignatureAlgorithm,
    /// Its healthcare roles.
    pub roles: &'a [HcRole],
    /// The institution that a manager manages.
    pub institution: Option<&'a str>,
    /// For how long.
    pub lifetime: Duration,
    /// Who signs; the issuing authority where there is one, else the root.
    pub issuer: Option<Issuer>,
    /// The passphrase of the party's key.
    pub passphrase: Passphrase,
}

impl Authority {
    /// Issues a certificate for a new key and writes both, with the root's certificate, into `out`.
    ///
    /// The certificate's file holds the chain that the party shows: its own certificate, then the
    /// issuing authority's, if that signed.
    ///
    /// # Errors
    /// [`AuthorityError`]; certificates and keys that are there are never overwritten.
    pub fn issue(&self, request: IssueRequest<'_>, out: &Path) -> Result<(), AuthorityError> {
        private_folder(out)?;
        let name = &request.identity.name;
        let certificate_path = out.join(format!("{name}.crt.pem"));
        let key_path = out.join(format!("{name}.key.pem"));
        refuse_existing(&certificate_path)?;
        refuse_existing(&key_path)?;
        self.check_root_beside(out)?;
        let key = KeyPair::generate(request.algorithm).map_err(AuthorityError::Generate)?;
        let party = Party::new(request.identity.clone(), &key)
            .with_roles(request.roles, request.institution)?;
        let chain = self.certify(&party, request.issuer, request.lifetime)?;
        write_key(&key_path, &key.into(), &request.passphrase)?;
        write_certificates(&certificate_path, &chain.iter().collect::<Vec<_>>())?;
        self.write_root_beside(out)
    }

    /// Issues a certificate for the same key, name and roles as one of ours, for a new time.
    ///
    /// The old file goes on beside the new one, under its serial number; whether the old
    /// certificate is revoked is the caller's choice.
    ///
    /// # Errors
    /// [`AuthorityError::Renew`] unless the certificate verifies, or verified before it ended, and
    /// [`AuthorityError::AlreadyRevoked`].
    pub fn renew(
        &self,
        path: &Path,
        issuer: Option<Issuer>,
        lifetime: Duration,
    ) -> Result<(), AuthorityError> {
        let bad = |error| AuthorityError::Certificate(path.to_owned(), error);
        let chain = Certificate::chain_from_pem(&read(path)?).map_err(bad)?;
        let old = &chain[0];
        let serial = old.serial();
        if Registry::open(&self.dir)?
            .find(&serial)?
            .revoked_at
            .is_some()
        {
            return Err(AuthorityError::AlreadyRevoked(serial));
        }
        let party = self.party_of(&chain)?;
        let renewed = self.certify(&party, issuer, lifetime)?;
        let kept = path.with_file_name(format!("{serial}.crt.pem"));
        refuse_existing(&kept)?;
        write_certificates(&kept, &chain.iter().collect::<Vec<_>>())?;
        let pem = chain_pem(path, &renewed.iter().collect::<Vec<_>>())?;
        replace(path, pem.as_bytes(), 0o644)
    }

    /// What the certificate says, after its chain was verified for the time that it was made for.
    fn party_of(&self, chain: &[Certificate]) -> Result<Party, AuthorityError> {
        let der = |one: &Certificate| Ok(one.to_der()?.into());
        let ders: Result<Vec<_>, hlincos_pki::CertificateError> = chain.iter().map(der).collect();
        let malformed = |error| AuthorityError::Certificate(self.dir.clone(), error);
        let ders = ders.map_err(malformed)?;
        let root = der(&self.root).map_err(malformed)?;
        let refuse = |error| AuthorityError::Renew(error);
        let verifier = Verifier::new(&[root]).map_err(|error| match error {
            VerifierError::Root(why) | VerifierError::Crl(why) => {
                refuse(hlincos_pki::ChainError::Other(why))
            }
            _ => refuse(hlincos_pki::ChainError::UnknownIssuer),
        })?;
        let shown = ShownChain::new(&ders).map_err(|error| refuse(error.into()))?;
        let usage = if shown.role.is_client() {
            Usage::Client
        } else {
            Usage::Server
        };
        let then = now().min(chain[0].not_after());
        let verified = verifier.verify(&shown, usage, then).map_err(refuse)?;
        let key = PublicKey::of(&chain[0]).map_err(AuthorityError::Generate)?;
        let institution = chain[0].institution();
        let party = Party::with_public_key(verified.identity().clone(), key);
        Ok(party.with_roles(verified.roles(), institution.as_deref())?)
    }

    fn certify(
        &self,
        party: &Party,
        issuer: Option<Issuer>,
        lifetime: Duration,
    ) -> Result<Vec<Certificate>, AuthorityError> {
        let usual = if self.has_issuing() {
            Issuer::Issuing
        } else {
            Issuer::Root
        };
        let signer = self.signer(issuer.unwrap_or(usual))?;
        let leaf = hlincos_pki::issue(&signer.certificate, &signer, party, now(), lifetime)?;
        self.note(&leaf, &party.identity().dns_name(), &signer)?;
        let mut chain = vec![leaf];
        chain.extend(signer.chain);
        Ok(chain)
    }

    fn check_root_beside(&self, out: &Path) -> Result<(), AuthorityError> {
        let path = out.join(ROOT_CERTIFICATE);
        match read_if_there(&path)? {
            Some(there) if there != chain_pem(&path, &[&self.root])?.as_bytes() => {
                Err(AuthorityError::Exists(path))
            }
            _ => Ok(()),
        }
    }

    fn write_root_beside(&self, out: &Path) -> Result<(), AuthorityError> {
        let path = out.join(ROOT_CERTIFICATE);
        if path.exists() {
            return Ok(());
        }
        write_new(&path, chain_pem(&path, &[&self.root])?.as_bytes(), 0o644)
    }
}
