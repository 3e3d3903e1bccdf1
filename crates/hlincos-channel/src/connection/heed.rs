//! Control frames: sealing those that wait, doing what those that came say.

use super::{Connection, Event, QUEUE_MAX, State, Want};
use crate::Link;
use crate::control::{Control, Row};
use crate::frame::FrameError;

impl Connection {
    /// Seals the control frames that wait, as far as there are keys.
    pub(super) fn flush(&mut self, link: &mut Link, now_ms: u64) {
        if !matches!(self.state, State::Open) {
            return;
        }
        while let Some(control) = self.queue.front() {
            if self.sender.lane.closed {
                self.queue.clear();
                return;
            }
            let payload = control.write();
            let cheap = matches!(
                control,
                Control::Manifest(_) | Control::Confirmed { .. } | Control::Lost { .. }
            );
            let closes = *control == Control::Close;
            let Some(suite) = self.sender.pick_control(link, payload.len(), cheap) else {
                if let Some(id) = self.sender.lane.first_absent() {
                    self.want_load(id);
                }
                return;
            };
            let output = &mut self.output;
            self.sender
                .seal(link, now_ms, suite, true, &payload, output);
            self.sender.lane.closed |= closes;
            self.queue.pop_front();
        }
    }

    /// Does what a control frame says.
    pub(super) fn heed(
        &mut self,
        link: &mut Link,
        control: Control,
        now_ms: u64,
    ) -> Result<(), FrameError> {
        if self.wants.len() + self.queue.len() > QUEUE_MAX {
            return Err(FrameError::Control);
        }
        match control {
            Control::Lease(row) => self.wants.push_back(Want::Grant(row)),
            Control::Granted(row) => {
                if self.sender.asked.take() != Some(row) {
                    return Err(FrameError::Control);
                }
                self.sender.lane.blocks.extend(self.asked.drain(..));
            }
            Control::Declined(row) => {
                let asked = self.sender.asked.take();
                let same = |asked: Row| (asked.source, asked.count) == (row.source, row.count);
                if !asked.is_some_and(same) {
                    return Err(FrameError::Control);
                }
                let own = link.own();
                for block in self.asked.drain(..) {
                    let left = block.left(link.block_bytes(row.source));
                    link.counters.of_mut(own).wasted(now_ms, left);
                }
                link.skip_to(row.source, own, row.first, now_ms);
            }
            Control::Manifest(manifest) => self.heed_manifest(link, manifest)?,
            Control::Confirmed { number, tag } => self.heed_confirm(link, number, tag, now_ms)?,
            Control::Lost { number } => {
                let block = self.offered.remove(&number).ok_or(FrameError::Control)?;
                let own = link.own();
                link.counters.of_mut(own).wasted(now_ms, block.len() as u64);
                self.events.push_back(Event::BlockLost(number));
            }
            Control::Close => {
                self.receiver.lane.closed = true;
                self.events.push_back(Event::PeerClosed);
            }
        }
        Ok(())
    }
}
