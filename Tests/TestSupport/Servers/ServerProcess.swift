import Glibc

/// A running server and the directory in which it keeps everything.
///
/// Both go on `stop()`, with the object, or with the test process, however that ends.
final class ServerProcess: Sendable {
  /// The server's port was taken by somebody else between its choice and the server's bind.
  struct PortTaken: Error {}

  let directory: TemporaryDirectory
  let child: ChildProcess
  private let guardian: ChildProcess

  /// Starts the program at `path` as the leader of a process group.
  init(_ path: String, _ arguments: [String], in directory: TemporaryDirectory) throws {
    self.directory = directory
    child = try ChildProcess(path, arguments, leadsGroup: true)
    // The guardian's pipe closes when this process dies, even by SIGKILL.
    guardian = try ChildProcess(
      "/bin/sh",
      [
        "-c", #"read -r line || { kill -9 -"$1"; rm -rf "$2"; }"#, "sh", "\(child.pid)",
        directory.path,
      ],
      input: .pipe)
  }

  /// Makes a server; again with other ports where somebody else took those that were free.
  static func onFreePorts<Server>(_ make: () throws -> Server) throws -> Server {
    for _ in 0..<4 {
      do { return try make() } catch is PortTaken {}
    }
    return try make()
  }

  /// Waits until the server greets on both ports.
  ///
  /// - Throws: `PortTaken`; `TestSetupError` with the log where the server ends or stays silent.
  func waitForGreetings(imap: UInt16, pop3: UInt16, log: () -> String) throws {
    try waitForGreeting("* OK", port: imap, log: log)
    try waitForGreeting("+OK", port: pop3, log: log)
  }

  private func waitForGreeting(_ greeting: String, port: UInt16, log: () -> String) throws {
    func words() -> String { log() + String(decoding: child.standardError, as: UTF8.self) }
    for _ in 0..<4_000 {
      if let ending = child.poll() {
        if words().contains("Address already in use") { throw PortTaken() }
        throw TestSetupError("the server ended (\(ending)): \(words())")
      }
      if (try? greets(greeting, port: port)) == true { return }
      usleep(5_000)
    }
    throw TestSetupError("the server does not answer: \(words())")
  }

  /// Stops the server and removes its directory; a second call does nothing.
  func stop() {
    // An orderly end takes some servers a second, and nothing of it is needed any more.
    child.signal(SIGKILL)
    child.wait()
    guardian.write("done\n")
    guardian.closeInput()
    guardian.wait()
    directory.remove()
  }

  deinit { stop() }
}

/// Whether a server on this port of 127.0.0.1 says something that begins so.
private func greets(_ words: String, port: UInt16) throws -> Bool {
  let descriptor = try connectToLoopback(port: port)
  defer { close(descriptor) }
  var greeting = [UInt8](repeating: 0, count: words.utf8.count)
  let count = recv(descriptor, &greeting, greeting.count, Int32(MSG_WAITALL))
  return count == greeting.count && greeting == Array(words.utf8)
}
