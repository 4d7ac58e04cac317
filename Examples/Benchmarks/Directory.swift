#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The names of the files in a directory; none if it is not there.
func namesInDirectory(_ path: String) -> Set<String> {
  guard let stream = opendir(path) else { return [] }
  defer { closedir(stream) }
  var names: Set<String> = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { names.insert(name) }
  }
  return names
}

/// Removes a directory of files, if it is there.
func removeDirectory(_ path: String) {
  for name in namesInDirectory(path) { unlink("\(path)/\(name)") }
  rmdir(path)
}

/// The bytes of the files in a directory.
func sizeOfDirectory(_ path: String) -> Int {
  var size = 0
  for name in namesInDirectory(path) {
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
