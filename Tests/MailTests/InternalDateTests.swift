import Mail
import Testing

struct InternalDateTests {
  @Test(
    arguments: [
      ("17-Jul-1996 02:44:25 -0700", 837_596_665),
      ("01-Jan-1970 00:00:00 +0000", 0),
      (" 1-Jan-1970 00:00:00 +0000", 0),
      ("1-jAN-1970 00:00:00 +0000", 0),
      ("31-Dec-1969 23:59:59 +0000", -1),
      ("29-Feb-2000 12:00:00 +0000", 951_825_600),
      ("29-Feb-2024 23:59:59 +0000", 1_709_251_199),
      ("28-Feb-1900 00:00:00 +0000", -2_203_977_600),
      ("01-Mar-1900 00:00:00 +0000", -2_203_891_200),
      ("19-Jan-2038 03:14:08 +0000", 2_147_483_648),
      ("31-Dec-9999 23:59:59 +0000", 253_402_300_799),
      ("01-Jan-0001 00:00:00 +0000", -62_135_596_800),
      ("01-Jan-2020 00:00:00 +1400", 1_577_786_400),
      ("01-Jan-2020 00:00:00 -1200", 1_577_880_000),
      ("01-Jan-2020 00:00:00 +0530", 1_577_817_000),
      ("31-Dec-2016 23:59:60 +0000", 1_483_228_800),
      // Servers repeat what a client once gave them: what a month has not is counted on.
      ("30-Feb-2024 00:00:00 +0000", 1_709_251_200),
      ("31-Dec-2016 24:00:00 +0000", 1_483_228_800),
    ] as [(String, Int64)])
  func `a date-time is read`(_ text: String, _ seconds: Int64) {
    #expect(InternalDate(imap: text.utf8)?.epochSeconds == seconds)
  }

  @Test(arguments: [
    "", "17-Jul-1996", "17-Jul-1996 02:44:25", "17-Jul-96 02:44:25 +0000",
    "32-Jul-1996 02:44:25 +0000", "0-Jul-1996 02:44:25 +0000", "17-Jux-1996 02:44:25 +0000",
    "17-Jul-1996 25:44:25 +0000", "17-Jul-1996 02:60:25 +0000", "17-Jul-1996 02:44:61 +0000",
    "17-Jul-1996 02:44 +0000", "17-Jul-1996 02:44:25 0000", "17-Jul-1996 02:44:25 +000",
    "17-Jul-1996 02:44:25 GMT", "-17-Jul-1996 02:44:25 +0000", "17-Jul-1996 02:44:25 +0000 x",
    "a-Jul-1996 02:44:25 +0000", "17-Jul-19x6 02:44:25 +0000", "00017-Jul-1996 02:44:25 +0000",
  ])
  func `what is none is refused`(_ text: String) {
    #expect(InternalDate(imap: text.utf8) == nil)
  }

  @Test(
    arguments: [
      (0, "01-Jan-1970 00:00:00 +0000"),
      (-1, "31-Dec-1969 23:59:59 +0000"),
      (-86_400, "31-Dec-1969 00:00:00 +0000"),
      (837_596_665, "17-Jul-1996 09:44:25 +0000"),
      (951_782_400, "29-Feb-2000 00:00:00 +0000"),
      (253_402_300_799, "31-Dec-9999 23:59:59 +0000"),
      (-62_167_219_200, "01-Jan-0000 00:00:00 +0000"),
    ] as [(Int64, String)])
  func `a date is written for APPEND`(_ seconds: Int64, _ text: String) {
    #expect(InternalDate(epochSeconds: seconds).imapForm == text)
  }

  @Test(arguments: [253_402_300_800, -62_167_219_201, .max, .min] as [Int64])
  func `what IMAP can't write is nil`(_ seconds: Int64) {
    #expect(InternalDate(epochSeconds: seconds).imapForm == nil)
    #expect(!InternalDate(epochSeconds: seconds).description.isEmpty)
  }

  @Test func `every day of eight centuries comes back`() {
    var days: Int64 = -200_000
    while days < 100_000 {
      let date = InternalDate(epochSeconds: days * 86_400 + 12_345)
      #expect(date.imapForm.flatMap { InternalDate(imap: $0.utf8) } == date)
      days += 13
    }
  }

  @Test func `dates are ordered and shown in UTC`() {
    #expect(InternalDate(epochSeconds: -1) < InternalDate(epochSeconds: 0))
    #expect(InternalDate(epochSeconds: 837_596_665).description == "1996-07-17 09:44:25 UTC")
  }
}
