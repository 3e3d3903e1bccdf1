//! The product as its users meet it: the real binary, real processes, real disks.

mod backup;
mod cluster;
mod demo;
mod faults;
mod floors;
mod refusals;
mod samples;
mod trees;
