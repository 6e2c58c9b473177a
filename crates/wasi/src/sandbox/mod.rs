//! Confines a guest's paths to a directory of the host. No other module resolves a guest's paths.
//!
//! On Linux the kernel confines them (`openat2`); elsewhere cap-std does, component by component. Both implement the
//! same type `Dir`. A path that leads out of its directory is [`Errno::PERM`].
//!
//! [`Errno::PERM`]: crate::Errno::PERM

#[cfg_attr(target_os = "linux", path = "openat2.rs")]
#[cfg_attr(not(target_os = "linux"), path = "cap.rs")]
mod dir;

pub(crate) use dir::Dir;
