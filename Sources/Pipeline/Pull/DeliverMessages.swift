import Journals
import Mail
import Platform
import Stores

/// Takes messages off the wire into a mailbox of the archive, and records them.
///
/// The bytes go from the caller's buffer through digest and line-end conversion to a file in `tmp/`;
/// a batch of files is made durable together, then named, then recorded. Confined to one worker.
final class DeliverMessages {
  /// How many messages, octets or seconds a batch ends at, whichever comes first.
  struct BatchLimits {
    var messages = 1000
    var bytes: Int64 = 64 << 20
    var seconds = 10.0
  }

  private let mailbox: any Mailbox
  private let key: MailboxKey
  private let uidValidity: UIDValidity
  private let journal: PullJournal
  private let run: Int
  private let limits: BatchLimits
  private let now: () -> MonotonicClock
  private let output: UnsafeMutableRawBufferPointer
  private static let pieceSize = 1 << 18

  private var delivery: (any Delivery)?
  private var converter = WireToDisk()
  /// The header of the message that is under way, as far as it came.
  private(set) var header = HeaderCollector()
  private let sha = SHA256()
  private var wireSize: Int64 = 0
  private var diskSize: Int64 = 0
  private var bareLineFeeds: [Int] = []

  private var prepared: [(delivery: PreparedDelivery, message: HeldMessage)] = []
  private var preparedBytes: Int64 = 0
  private var batchBegan: MonotonicClock

  /// Messages and octets that are in the archive for good.
  private(set) var delivered = 0
  private(set) var deliveredBytes: Int64 = 0
  /// The UIDs that came whole, recorded already or with the next commit.
  private(set) var received = UIDSet()
  /// How many of these the server gave no internal date for.
  private(set) var undated = 0

  init(
    mailbox: any Mailbox, key: MailboxKey, uidValidity: UIDValidity, journal: PullJournal,
    run: Int, limits: BatchLimits = BatchLimits(),
    now: @escaping () -> MonotonicClock = { .now }
  ) {
    self.mailbox = mailbox
    self.key = key
    self.uidValidity = uidValidity
    self.journal = journal
    self.run = run
    self.limits = limits
    self.now = now
    batchBegan = now()
    output = .allocate(byteCount: WireToDisk.capacity(for: Self.pieceSize), alignment: 16)
  }

  deinit { output.deallocate() }

  /// Messages and octets that came whole so far.
  var progress: (messages: Int, bytes: Int64) {
    (delivered + prepared.count, deliveredBytes + preparedBytes)
  }

  /// A message begins; one that was not finished is dropped.
  func begin() throws(StoreError) {
    abandon()
    if prepared.isEmpty { batchBegan = now() }
    delivery = try mailbox.beginDelivery()
  }

  /// The next bytes of the message as they came.
  func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    var rest = bytes
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.pieceSize))
      try writePiece(piece)
      rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
    }
  }

  private func writePiece(_ piece: UnsafeRawBufferPointer) throws(StoreError) {
    guard let delivery else { return }
    header.take(piece)
    bareLineFeeds.removeAll(keepingCapacity: true)
    let count = converter.convert(piece, into: output, bareLineFeeds: &bareLineFeeds)
    digest(piece)
    wireSize += Int64(piece.count + bareLineFeeds.count)
    diskSize += Int64(count)
    try delivery.write(UnsafeRawBufferPointer(rebasing: output[..<count]))
  }

  /// Digests the canonical form: a CR before each LF, also where the server left it out.
  private func digest(_ piece: UnsafeRawBufferPointer) {
    var start = 0
    for position in bareLineFeeds {
      sha.update(UnsafeRawBufferPointer(rebasing: piece[start..<position]))
      sha.update([UInt8.carriageReturn].span)
      start = position
    }
    sha.update(UnsafeRawBufferPointer(rebasing: piece[start...]))
  }

  /// The message came whole and is this one; without a date of its own it gets the time of now.
  ///
  /// Flags that nobody told are recorded so, and merged when they are.
  ///
  /// - Parameters:
  ///   - uid: what the message is known by.
  ///   - flags: the source's; nil where it told none.
  ///   - told: its internal date.
  ///   - isHeld: whether the archive has a message of such content already, so that this one is dropped.
  /// - Throws: what the archive throws, and what `isHeld` does.
  func finish(
    _ uid: UID, flags: Flags?, date told: InternalDate?,
    unless isHeld: (ContentDigest) throws -> Bool = { _ in false }
  ) throws {
    guard let delivery else { return }
    let date = told ?? InternalDate(epochSeconds: WallClock.now)
    try converter.finish { rest throws(StoreError) in
      diskSize += Int64(rest.count)
      try delivery.write(rest)
    }
    let digest = sha.finish()
    guard try !isHeld(digest) else { return abandon() }
    if told == nil { undated += 1 }
    let message = HeldMessage(
      uid: uid, digest: digest, size: wireSize, internalDate: date,
      headerKey: HeaderKey(header), flags: flags, fate: .held, run: run)
    let origin = MessageOrigin(uidValidity: uidValidity, uid: uid, mailboxKey: key)
    let file = try delivery.finish(
      origin: origin, date: date,
      content: WrittenContent(size: diskSize, wireSize: wireSize, digest: message.digest),
      flags: flags ?? Flags())
    prepared.append((file, message))
    preparedBytes += wireSize
    received.insert(uid)
    self.delivery = nil
    reset()
    if isBatchComplete { try commit() }
  }

  /// Drops the message that is under way.
  func abandon() {
    delivery?.abandon()
    delivery = nil
    reset()
  }

  private func reset() {
    _ = converter.finish()
    header.reset()
    sha.reset()
    wireSize = 0
    diskSize = 0
  }

  private var isBatchComplete: Bool {
    prepared.count >= limits.messages || preparedBytes >= limits.bytes
      || now().seconds(since: batchBegan) >= limits.seconds
  }

  /// Makes all that came whole durable, files first, and records it.
  func commit() throws {
    guard !prepared.isEmpty else { return }
    _ = try mailbox.commit(prepared.map(\.delivery))
    for (_, message) in prepared { journal.append(.held(message)) }
    try journal.flush()
    delivered += prepared.count
    deliveredBytes += preparedBytes
    prepared.removeAll(keepingCapacity: true)
    preparedBytes = 0
  }
}
