/// The header fields that an mbox reader looks at.
enum MboxFieldName: UInt8 {
  case status
  case xStatus
  case keywords
  case uid
  case imap
  case imapBase
  case mozillaStatus
  case mozillaStatus2
  case mozillaKeys
  case otherMozilla
  case contentLength
  case lines
  case gmailLabels
  case gmailThread
  case mailarc
  case subject
  case received
  case date

  private static let mozilla = Array("x-mozilla-".utf8)
  private static let byName: [(name: [UInt8], field: MboxFieldName)] = [
    (Array("status".utf8), .status),
    (Array("x-status".utf8), .xStatus),
    (Array("x-keywords".utf8), .keywords),
    (Array("x-uid".utf8), .uid),
    (Array("x-imap".utf8), .imap),
    (Array("x-imapbase".utf8), .imapBase),
    (Array("x-mozilla-status".utf8), .mozillaStatus),
    (Array("x-mozilla-status2".utf8), .mozillaStatus2),
    (Array("x-mozilla-keys".utf8), .mozillaKeys),
    (Array("content-length".utf8), .contentLength),
    (Array("lines".utf8), .lines),
    (Array("x-gmail-labels".utf8), .gmailLabels),
    (Array("x-gm-thrid".utf8), .gmailThread),
    (Array("x-mailarc".utf8), .mailarc),
    (Array("subject".utf8), .subject),
    (Array("received".utf8), .received),
    (Array("date".utf8), .date),
  ]

  /// The field of a name, in whatever case; nil for all others.
  init?(_ name: UnsafeRawBufferPointer) {
    // Most fields of a message are none of these, and this runs for each of them.
    guard name.count >= 4, name.count <= 48 else { return nil }
    switch name[0] | 0x20 {
    case UInt8(ascii: "x"), UInt8(ascii: "s"), UInt8(ascii: "c"), UInt8(ascii: "l"),
      UInt8(ascii: "r"), UInt8(ascii: "d"):
      break
    default: return nil
    }
    for entry in Self.byName where entry.name.count == name.count {
      if Self.matches(name, entry.name) {
        self = entry.field
        return
      }
    }
    guard name.count > Self.mozilla.count,
      Self.matches(UnsafeRawBufferPointer(rebasing: name[..<Self.mozilla.count]), Self.mozilla)
    else { return nil }
    self = .otherMozilla
  }

  private static func matches(_ name: UnsafeRawBufferPointer, _ known: [UInt8]) -> Bool {
    for (index, letter) in known.enumerated() {
      let byte = name[index]
      let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      if (isUpper ? byte | 0x20 : byte) != letter { return false }
    }
    return true
  }

  /// Whether programs that write mbox files add it: such fields may stand behind `X-Mailarc`.
  var isOfWriters: Bool {
    switch self {
    case .gmailLabels, .gmailThread, .mailarc, .subject, .received, .date: false
    default: true
    }
  }

  /// Whether it is taken out of every foreign message; those of a length and of Takeout depend on more.
  var isStatus: Bool {
    switch self {
    case .status, .xStatus, .keywords, .uid, .imap, .imapBase, .mozillaStatus, .mozillaStatus2,
      .mozillaKeys:
      true
    default: false
    }
  }

  /// Whether it says how long the body is.
  var isLength: Bool { self == .contentLength || self == .lines }
  /// Whether Takeout puts it at a message's top.
  var isTakeout: Bool { self == .gmailLabels || self == .gmailThread }
}
