import Mail
import Platform

extension MboxStore {
  /// Rewrites a compressed file that ends within a member, up to its last whole message; the torn one is
  /// kept in `.mailarc/trash`.
  ///
  /// - Throws: `damaged` for one that is broken in its middle.
  func repairTorn(_ lock: MboxLock, _ state: inout MboxShare.State) throws(StoreError) {
    let whole = try wholeMembers(lock.file, from: 0)
    guard whole.isTorn else {
      throw .damaged(file: path, reason: "its compressed data is broken; nothing is added to it")
    }
    if state.messages == nil {
      state.status = nil
      _ = try read(lock.file, &state, needsMessages: true)
    }
    let trash = try stored(try context.state.ensureSubdirectory("trash"))
    let kept = "\(key)-\(RandomID.hex(bytes: 4))-\(fileName)"
    do {
      try directory.link(fileName, to: trash, kept)
      try trash.flush()
    } catch {
      throw .system(error)
    }
    // A message is whole if another one follows, or if it has the size that its name says.
    var end: Int64 = 0
    for message in state.messages ?? [] {
      guard let entry = message.mboxEntry else { continue }
      let isLast = entry.nextOffset >= state.contentSize
      if !isLast || message.namedSize == entry.size { end = entry.nextOffset }
    }
    try replaceCompressed([], upTo: end)
    state.forget()
    state.rewrites += 1
  }
}
