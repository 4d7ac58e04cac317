#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Removes a directory of files, if it is there.
func removeDirectory(_ path: String) {
  guard let stream = opendir(path) else { return }
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { unlink("\(path)/\(name)") }
  }
  closedir(stream)
  rmdir(path)
}

/// The bytes of the files in a directory.
func sizeOfDirectory(_ path: String) -> Int {
  guard let stream = opendir(path) else { return 0 }
  defer { closedir(stream) }
  var size = 0
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    var status = stat()
    if stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      size += Int(status.st_size)
    }
  }
  return size
}

/// Memory of this process that is in use, in bytes.
func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var pages = 0
  var resident = 0
  withUnsafeMutablePointer(to: &pages) { pages in
    withUnsafeMutablePointer(to: &resident) { resident in
      _ = withVaList([pages, resident]) { vfscanf(file, "%ld %ld", $0) }
    }
  }
  return resident * sysconf(Int32(_SC_PAGESIZE))
}
