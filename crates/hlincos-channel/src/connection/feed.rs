//! Feeding the pool: QKD blocks are offered, collected and confirmed over a channel.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Connection, Event, MANIFESTS_MAX};
use crate::control::Control;
use crate::frame::FrameError;
use crate::manifest::{Manifest, ManifestError};
use crate::suite::pad::confirm;
use crate::{Link, Source};

impl Connection {
    /// Offers the next block of this end's QKD stream to the other end: which keys make it.
    ///
    /// Shape: `keys` are those of the manifest, in order. Both ends have the block in stock after
    /// [`Event::Appended`].
    ///
    /// # Errors
    /// [`ManifestError`]; the block is given up.
    pub fn offer(
        &mut self,
        link: &mut Link,
        manifest: &Manifest,
        keys: &[Zeroizing<Vec<u8>>],
        now_ms: u64,
    ) -> Result<(), ManifestError> {
        let block_bytes = usize::try_from(link.block_bytes(Source::Qkd)).unwrap_or(0);
        let block = manifest.assemble(block_bytes, keys)?;
        if manifest.number < self.next_offer(link) {
            return Err(ManifestError::Number);
        }
        link.check_manifest(manifest)?;
        self.next_offer = manifest.number + 1;
        self.offered.insert(manifest.number, block);
        self.queue.push_back(Control::Manifest(manifest.clone()));
        self.flush(link, now_ms);
        Ok(())
    }

    /// The number that the manifest of the next block has. Offer over one channel at a time.
    #[must_use]
    pub fn next_offer(&self, link: &Link) -> u64 {
        link.next_qkd_block().max(self.next_offer)
    }

    /// The keys of a manifest of [`Event::Collect`] are here: puts the block in stock and tells
    /// the other end. Collect blocks in the order of their events.
    ///
    /// # Errors
    /// [`ManifestError`]: the keys are not what the manifest says; the block is given up, and the
    /// other end is told.
    pub fn collected(
        &mut self,
        link: &mut Link,
        manifest: &Manifest,
        keys: &[Zeroizing<Vec<u8>>],
        now_ms: u64,
    ) -> Result<(), ManifestError> {
        let number = manifest.number;
        if !self.collecting.remove(&number) {
            return Err(ManifestError::Repeated);
        }
        let block_bytes = usize::try_from(link.block_bytes(Source::Qkd)).unwrap_or(0);
        let direction = self.receiver.lane.scope.link.direction;
        let result = manifest.assemble(block_bytes, keys).and_then(|block| {
            let tag = confirm(link.kernel, number, &block);
            link.append(direction, number, block)
                .map(|()| tag)
                .map_err(|_| ManifestError::Number)
        });
        self.queue.push_back(match &result {
            Ok(tag) => Control::Confirmed { number, tag: *tag },
            Err(_) => Control::Lost { number },
        });
        self.flush(link, now_ms);
        result.map(drop)
    }

    /// The keys of a manifest cannot be had: gives the block up and tells the other end.
    pub fn lost(&mut self, link: &mut Link, number: u64, now_ms: u64) {
        if self.collecting.remove(&number) {
            self.queue.push_back(Control::Lost { number });
            self.flush(link, now_ms);
        }
    }

    pub(super) fn heed_manifest(
        &mut self,
        link: &mut Link,
        manifest: Manifest,
    ) -> Result<(), FrameError> {
        if self.collecting.len() >= MANIFESTS_MAX {
            return Err(FrameError::Control);
        }
        match link.check_manifest(&manifest) {
            Ok(()) => {
                self.collecting.insert(manifest.number);
                self.events.push_back(Event::Collect(manifest));
            }
            Err(error) => {
                let number = manifest.number;
                self.queue.push_back(Control::Lost { number });
                self.events.push_back(Event::ManifestRefused(error));
            }
        }
        Ok(())
    }

    pub(super) fn heed_confirm(
        &mut self,
        link: &mut Link,
        number: u64,
        tag: [u8; 16],
        now_ms: u64,
    ) -> Result<(), FrameError> {
        let block = self.offered.remove(&number).ok_or(FrameError::Control)?;
        let (len, own) = (block.len() as u64, link.own());
        let same = bool::from(confirm(link.kernel, number, &block).ct_eq(&tag));
        let event = if same && link.append(own, number, block).is_ok() {
            Event::Appended(number)
        } else {
            link.counters.of_mut(own).wasted(now_ms, len);
            Event::BlockLost(number)
        };
        self.events.push_back(event);
        Ok(())
    }
}
