import Journals
import Mail
import Stores

/// What a pull recorded of one mailbox of the archive's own source.
struct KnownPulls: KnownTransfers {
  let record: PullRecord
  /// Where the messages of the archive came from, by their places.
  let origins: [MessageOrigin?]
  let key: MailboxKey

  private func origin(_ place: Int, _ validity: UIDValidity?) -> UID? {
    guard let origin = origins[place], origin.mailboxKey == key, origin.uidValidity == validity
    else { return nil }
    return origin.uid
  }

  func recorded(_ messages: [ReceiptMessage], _ validity: UIDValidity?) -> [Int: UID] {
    var found: [Int: UID] = [:]
    for place in messages.indices { found[place] = origin(place, validity) }
    return found
  }

  func untaken(of message: ReceiptMessage) -> Flags { Flags() }

  func reasons(
    _ missing: [Int], of messages: [ReceiptMessage], found: Set<UID>, _ validity: UIDValidity?
  ) -> [Int: String] {
    var reasons: [Int: String] = [:]
    for place in missing {
      guard origins[place] != nil else {
        reasons[place] = "it did not come from there"
        continue
      }
      guard let uid = origin(place, record.uidValidity), let held = record.messages[uid],
        record.uidValidity == validity
      else { continue }
      if held.digest != messages[place].digest {
        reasons[place] = "it was edited since it came"
      } else if held.fate == .removed || held.fate.isOnlyInArchive {
        reasons[place] = "it was gone at the last pull"
      } else {
        reasons[place] =
          found.contains(uid) ? "it came from there once only" : "it is gone since the last pull"
      }
    }
    return reasons
  }

  func uids(of listing: MaildropListing) -> [UInt32: UID] {
    guard record.uidValidity == .maildrop else {
      return listing.numbers.reduce(into: [:]) { $0[$1] = UID($1) }
    }
    let identity = IdentifyMaildrop(record: record).run(listing)
    var uids = identity.known.merging(identity.doubtful) { known, _ in known }
    let last = [record.messages.keys.max(), record.maildrop.keys.max()].compactMap { $0?.value }
    var next = last.max() ?? 0
    for number in identity.open where uids[number] == nil {
      next += 1
      uids[number] = UID(next)
    }
    return uids
  }

  func surplus(_ uid: UID, _ validity: UIDValidity?) -> Surplus {
    guard record.uidValidity == validity else {
      return Surplus(kind: .unfetched, words: "not pulled yet")
    }
    if let reason = record.failed[uid] {
      return Surplus(kind: .unfetched, words: "could not be fetched: \(reason)")
    }
    switch record.messages[uid]?.fate {
    case .deleted, .removed: return Surplus(kind: nil, words: "deleted by hand in the archive")
    case .trashed: return Surplus(kind: .unfetched, words: "in the archive's trash")
    case .held, .gone, .moved, .restored:
      return Surplus(kind: .unfetched, words: "pulled, and not in the archive as it was")
    case nil: return Surplus(kind: .unfetched, words: "not pulled yet")
    }
  }
}
