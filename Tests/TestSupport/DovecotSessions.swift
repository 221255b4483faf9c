import Glibc

extension Dovecot {
  /// How many sessions of the user the server has, as `doveadm who` would tell.
  ///
  /// A session counts until it has done all that it was told, whatever became of its client.
  package func sessions(of user: String) throws -> Int {
    try connections().reduce(0) { sum, line in
      // service/address/user, process, number of connections.
      let fields = line.split(separator: "\t")
      guard fields.count == 3, fields[0].hasSuffix("/" + user) else { return sum }
      return sum + (Int(fields[2]) ?? 1)
    }
  }

  /// Returns once the user has no more sessions than this: what those that ended were told to append is
  /// there then.
  package func waitForSessions(of user: String, atMost most: Int = 0) throws {
    while try sessions(of: user) > most { usleep(4_000) }
  }

  private func connections() throws -> [String] {
    let anvil = try connectToUnixSocket(anvilSocket)
    defer { close(anvil) }
    let question = Array("VERSION\tanvil\t1\t0\nCONNECT-DUMP\n".utf8)
    guard send(anvil, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else {
      throw TestSystemError("send", anvilSocket)
    }
    var answer = ""
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while !answer.hasSuffix("\n\n"), answer != "\n" {
      let count = recv(anvil, &chunk, chunk.count, 0)
      guard count > 0 else { throw TestSetupError("\(anvilSocket) said no more than: \(answer)") }
      answer += String(decoding: chunk[..<count], as: UTF8.self)
    }
    return answer.split(separator: "\n").map { String($0) }
  }
}

private func connectToUnixSocket(_ path: String) throws -> Int32 {
  let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { throw TestSystemError("socket", path) }
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
    guard path.utf8.count < room.count else { return false }
    room.copyBytes(from: Array(path.utf8))
    return true
  }
  let status = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      fits ? connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) : -1
    }
  }
  guard status == 0 else {
    defer { close(descriptor) }
    throw TestSystemError("connect", path)
  }
  return descriptor
}
