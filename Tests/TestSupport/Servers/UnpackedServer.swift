import Glibc

/// A server whose Debian packages are unpacked into a directory, which `tools/test` does, and not
/// installed: Debian allows one IMAP server a machine.
///
/// Its programs look for everything at paths that are compiled in. So they run in a mount namespace of
/// their own, in which the directory lies over `/usr` and a test's own files over `/etc` and `/run`;
/// and in a process namespace, so that none of them outlives its first process.
struct UnpackedServer: Sendable {
  /// The name of its directory.
  let name: String
  /// A program that it needs.
  let program: String

  private static let unshare = "/usr/bin/unshare"

  /// Where it is unpacked.
  var prefix: String {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return "/\(root)/.build/servers/\(name)"
  }

  /// Whether it is there, and namespaces can be made.
  var isUsable: Bool {
    guard geteuid() == 0, access(prefix + program, X_OK) == 0, let directory = try? emptyDirectory()
    else { return false }
    return (try? run(["/bin/true"], in: directory.path)) != nil
  }

  /// A directory for a server: what lies in its `etc` is seen in `/etc`, its `run` is `/run`.
  func emptyDirectory() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    for name in ["etc", "run"] { try makeDirectory(directory.file(name)) }
    return directory
  }

  /// Starts a program that is to serve for as long as the result is held.
  func start(_ command: [String], in directory: TemporaryDirectory) throws -> ServerProcess {
    try ServerProcess(Self.unshare, arguments(command, directory.path), in: directory)
  }

  /// Runs a program beside the server, to its end.
  func run(
    _ command: [String], in directory: String, input: ChildProcess.Input = .none
  ) throws {
    let result = try runProcess(Self.unshare, arguments(command, directory), input: input)
    guard result.status == 0 else {
      throw TestSetupError("\(command) exited with \(result.status): \(result.errors)")
    }
  }

  private func arguments(_ command: [String], _ directory: String) -> [String] {
    [
      "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private",
      "/bin/sh", "-c", Self.script, "sh", prefix, directory,
    ] + command
  }

  // A file that changes later is seen through a bind, and not for sure through an overlay.
  private static let script = """
    set -e
    prefix=$1 directory=$2
    shift 2
    mount -t overlay overlay -o "lowerdir=$prefix/usr:/usr" /usr
    mount -t overlay overlay -o "lowerdir=$directory/etc:/etc" /etc
    for path in "$directory"/etc/*; do
      [ ! -e "$path" ] || mount --bind "$path" "/etc/${path##*/}"
    done
    mount --bind "$directory/run" /run
    cd /
    exec "$@"
    """
}

/// Writes a copy of a system file with these lines added.
func copyFile(_ path: String, to copy: String, adding lines: String) throws {
  try writeFile(copy, try readFile(path) + lines)
}

/// Adds text to the end of a file in place, as its readers see it through a bind mount.
func appendToFile(_ path: String, _ text: String) throws {
  let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
  guard descriptor >= 0 else { throw TestSystemError("open", path) }
  defer { close(descriptor) }
  let bytes = Array(text.utf8)
  guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
    throw TestSystemError("write", path)
  }
}

/// A password as `/etc/shadow` and Courier's user database hold it.
func hashedPassword(_ password: String) throws -> String {
  let result = try runProcess("/usr/bin/openssl", ["passwd", "-1", password])
  guard result.status == 0 else { throw TestSetupError("openssl passwd: \(result.errors)") }
  return result.output.filter { !$0.isNewline }
}
