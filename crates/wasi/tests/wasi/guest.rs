//! A guest that forwards each WASI function, so that tests can call them one by one; and temporary folders.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use wasmote::{Engine, Error, Instance, Linker, Module, Store, Val, ValType};
use wasmote_wasi::{DirAccess, WasiCtx, WasiCtxBuilder};

pub const SUCCESS: u16 = 0;
pub const AGAIN: u16 = 6;
pub const BADF: u16 = 8;
pub const EXIST: u16 = 20;
pub const FAULT: u16 = 21;
pub const INVAL: u16 = 28;
pub const ISDIR: u16 = 31;
pub const LOOP: u16 = 32;
pub const MFILE: u16 = 33;
pub const NAMETOOLONG: u16 = 37;
pub const NOENT: u16 = 44;
pub const NOSPC: u16 = 51;
pub const NOTDIR: u16 = 54;
pub const NOTEMPTY: u16 = 55;
pub const NOTSOCK: u16 = 57;
pub const NOTSUP: u16 = 58;
pub const PERM: u16 = 63;
pub const PIPE: u16 = 64;
pub const SPIPE: u16 = 70;
pub const NOTCAPABLE: u16 = 76;

pub const FD_READ: u64 = 1 << 1;
pub const FD_SEEK: u64 = 1 << 2;
pub const FD_TELL: u64 = 1 << 5;
pub const FD_WRITE: u64 = 1 << 6;
pub const FD_ALLOCATE: u64 = 1 << 8;
pub const FD_READDIR: u64 = 1 << 14;
pub const FD_FILESTAT_GET: u64 = 1 << 21;
pub const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
pub const ALL: u64 = u64::MAX;

pub const CREAT: u64 = 1;
pub const DIRECTORY: u64 = 2;
pub const EXCL: u64 = 4;
pub const TRUNC: u64 = 8;

/// The functions with their parameters, as the standard lists them.
pub const FUNCTIONS: &str = "
    args_get ii, args_sizes_get ii, environ_get ii, environ_sizes_get ii, clock_res_get ii, clock_time_get iIi,
    fd_advise iIIi, fd_allocate iII, fd_close i, fd_datasync i, fd_fdstat_get ii, fd_fdstat_set_flags ii,
    fd_fdstat_set_rights iII, fd_filestat_get ii, fd_filestat_set_size iI, fd_filestat_set_times iIIi,
    fd_pread iiiIi, fd_prestat_get ii, fd_prestat_dir_name iii, fd_pwrite iiiIi, fd_read iiii, fd_readdir iiiIi,
    fd_renumber ii, fd_seek iIii, fd_sync i, fd_tell ii, fd_write iiii, path_create_directory iii,
    path_filestat_get iiiii, path_filestat_set_times iiiiIIi, path_link iiiiiii, path_open iiiiiIIii,
    path_readlink iiiiii, path_remove_directory iii, path_rename iiiiii, path_symlink iiiii, path_unlink_file iii,
    poll_oneoff iiii, proc_raise i, sched_yield -, random_get ii, sock_recv iiiiii, sock_send iiiii, sock_shutdown ii
";

/// Returns the text of the guest, for this version of the interface.
fn text(interface: &str) -> String {
    let mut imports = String::new();
    let mut functions = String::new();
    // The older version lacks it.
    let accept = if interface == "wasi_unstable" { None } else { Some("sock_accept iii") };
    for function in FUNCTIONS.split(',').chain(accept) {
        let (name, letters) = function.trim().split_once(' ').unwrap();
        let mut params = String::new();
        let mut args = String::new();
        for (i, letter) in letters.chars().filter(|&letter| letter != '-').enumerate() {
            params += if letter == 'I' { " (param i64)" } else { " (param i32)" };
            args += &format!(" local.get {i}");
        }
        imports += &format!("(import \"{interface}\" \"{name}\" (func ${name} {params} (result i32)))\n");
        functions += &format!("(func (export \"{name}\") {params} (result i32) {args} call ${name})\n");
    }
    format!(
        "(module {imports} (import \"{interface}\" \"proc_exit\" (func $exit (param i32))) {functions}
         (func (export \"proc_exit\") (param i32) local.get 0 call $exit unreachable)
         (memory (export \"memory\") 1))"
    )
}

/// The guest. Its memory is one page. Tests put paths at 0x1000, and buffers anywhere.
pub struct Guest {
    pub store: Store<WasiCtx>,
    instance: Instance,
}

impl Guest {
    pub fn new(builder: WasiCtxBuilder) -> Guest {
        Guest::over("wasi_snapshot_preview1", builder)
    }

    pub fn over(interface: &str, builder: WasiCtxBuilder) -> Guest {
        Guest::on(&Engine::default(), interface, builder)
    }

    pub fn on(engine: &Engine, interface: &str, builder: WasiCtxBuilder) -> Guest {
        let module = Module::new(engine, wat::parse_str(text(interface)).unwrap()).unwrap();
        let mut linker = Linker::new(engine);
        wasmote_wasi::add_to_linker(&mut linker, |cx: &mut WasiCtx| cx).unwrap();
        let mut store = Store::new(engine, builder.build().unwrap());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        Guest { store, instance }
    }

    pub fn try_call(&mut self, name: &str, args: &[u64]) -> Result<u16, Error> {
        let func = self.instance.get_func(&mut self.store, name).unwrap();
        let ty = func.ty(&self.store);
        assert_eq!(ty.params().len(), args.len(), "{name}");
        let vals: Vec<Val> = ty
            .params()
            .iter()
            .zip(args)
            .map(|(ty, &arg)| if *ty == ValType::I64 { Val::I64(arg as i64) } else { Val::I32(arg as i32) })
            .collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        func.call(&mut self.store, &vals, &mut results)?;
        match results[..] {
            [Val::I32(errno)] => Ok(errno as u16),
            _ => Ok(SUCCESS),
        }
    }

    /// Calls a function. Returns its errno.
    pub fn call(&mut self, name: &str, args: &[u64]) -> u16 {
        self.try_call(name, args).unwrap()
    }

    /// Calls a function that must succeed.
    #[track_caller]
    pub fn ok(&mut self, name: &str, args: &[u64]) {
        assert_eq!(self.call(name, args), SUCCESS, "{name}");
    }

    pub fn put(&mut self, at: usize, bytes: &[u8]) {
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        memory.data_mut(&mut self.store)[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub fn get(&mut self, at: usize, len: usize) -> Vec<u8> {
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        memory.data(&self.store)[at..at + len].to_vec()
    }

    pub fn u32(&mut self, at: usize) -> u32 {
        u32::from_le_bytes(self.get(at, 4).try_into().unwrap())
    }

    pub fn u64(&mut self, at: usize) -> u64 {
        u64::from_le_bytes(self.get(at, 8).try_into().unwrap())
    }

    /// Writes a path to memory. Returns its address and length.
    pub fn path(&mut self, path: &str) -> [u64; 2] {
        self.path_at(0x1000, path)
    }

    pub fn path_at(&mut self, at: usize, path: &str) -> [u64; 2] {
        self.put(at, path.as_bytes());
        [at as u64, path.len() as u64]
    }

    /// Writes one iovec at 0x800.
    pub fn iovec(&mut self, buffer: u32, len: u32) {
        self.put(0x800, &buffer.to_le_bytes());
        self.put(0x804, &len.to_le_bytes());
    }

    /// Opens a file in the first directory. Returns the descriptor or the errno.
    pub fn open(&mut self, path: &str, oflags: u64, rights: u64) -> Result<u64, u16> {
        self.open_in(3, path, 1, oflags, rights, 0)
    }

    pub fn open_in(
        &mut self,
        dir: u64,
        path: &str,
        lookup: u64,
        oflags: u64,
        rights: u64,
        fdflags: u64,
    ) -> Result<u64, u16> {
        let [at, len] = self.path(path);
        match self.call("path_open", &[dir, lookup, at, len, oflags, rights, rights, fdflags, 0x900]) {
            SUCCESS => Ok(u64::from(self.u32(0x900))),
            errno => Err(errno),
        }
    }

    /// Writes to a descriptor. Returns the number of bytes written, or the errno.
    pub fn write(&mut self, fd: u64, bytes: &[u8]) -> Result<u32, u16> {
        self.put(0x4000, bytes);
        self.iovec(0x4000, bytes.len() as u32);
        match self.call("fd_write", &[fd, 0x800, 1, 0x904]) {
            SUCCESS => Ok(self.u32(0x904)),
            errno => Err(errno),
        }
    }

    /// Reads from a descriptor.
    pub fn read(&mut self, fd: u64, len: u32) -> Result<Vec<u8>, u16> {
        self.iovec(0x4000, len);
        match self.call("fd_read", &[fd, 0x800, 1, 0x904]) {
            SUCCESS => {
                let len = self.u32(0x904) as usize;
                Ok(self.get(0x4000, len))
            }
            errno => Err(errno),
        }
    }
}

/// A temporary folder, which is removed on drop.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("wasmote-wasi-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns a guest that has the folder as descriptor 3, under the name `/`.
    pub fn guest(&self, access: DirAccess) -> Guest {
        Guest::new(WasiCtx::builder().preopened_dir(self.path(), "/", access).unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
