/// Writes the manual page mailarc(1) from the option table and the texts beside it.
enum ManualPage {
  /// The page in roff for man(7).
  static func render() -> String {
    var page = Roff()
    page.title("MAILARC", section: 1, source: "mailarc \(Version.text)")
    page.name("mailarc", "copy mailboxes between servers and plain archives on disk")
    page.section("SYNOPSIS")
    for command in OptionTable.commands {
      page.usage("mailarc \(command.usage) [OPTION...]")
      if let other = command.alternativeUsage { page.usage("mailarc \(other) [OPTION...]") }
    }
    page.section("DESCRIPTION")
    ManualText.description.forEach { page.paragraph($0) }
    page.section("COMMANDS")
    for command in OptionTable.commands {
      page.item(command.usage, command.summary + ".")
      for paragraph in command.details {
        page.itemParagraph(paragraph)
      }
    }
    addOptions(to: &page)
    page.section("ACCOUNTS")
    ManualText.accounts.forEach { page.paragraph($0) }
    add(ManualText.exitStatuses, under: "EXIT STATUS", to: &page)
    add(ManualText.environment, under: "ENVIRONMENT", to: &page)
    add(ManualText.files, under: "FILES", to: &page)
    page.section("JSON EVENTS")
    ManualText.events.forEach { page.paragraph($0) }
    for event in ManualText.eventTypes { page.item(event.term, event.text) }
    ManualText.listEvents.forEach { page.paragraph($0) }
    for event in ManualText.listEventTypes { page.item(event.term, event.text) }
    ManualText.verifyEvents.forEach { page.paragraph($0) }
    for event in ManualText.verifyEventTypes { page.item(event.term, event.text) }
    ManualText.comparisonEvents.forEach { page.paragraph($0) }
    for event in ManualText.comparisonEventTypes { page.item(event.term, event.text) }
    ManualText.statusEvents.forEach { page.paragraph($0) }
    for event in ManualText.statusEventTypes { page.item(event.term, event.text) }
    ManualText.trashEvents.forEach { page.paragraph($0) }
    for event in ManualText.trashEventTypes { page.item(event.term, event.text) }
    ManualText.selftestEvents.forEach { page.paragraph($0) }
    for event in ManualText.selftestEventTypes { page.item(event.term, event.text) }
    ManualText.probeEvents.forEach { page.paragraph($0) }
    for event in ManualText.probeEventTypes { page.item(event.term, event.text) }
    page.section("EXAMPLES")
    for example in ManualText.examples {
      page.paragraph(example.text)
      page.example([example.term])
    }
    return page.text
  }

  private static func addOptions(to page: inout Roff) {
    page.section("OPTIONS")
    page.paragraph(ManualText.options)
    for group in Option.Group.allCases {
      page.subsection("\(group.rawValue) options")
      for option in OptionTable.options where option.group == group {
        let takers = option.commands.map(\.rawValue).joined(separator: ", ")
        page.item(option.usage, (takers.isEmpty ? "" : "(\(takers)) ") + option.details)
      }
    }
  }

  private static func add(
    _ entries: [ManualText.Entry], under heading: String, to page: inout Roff
  ) {
    page.section(heading)
    for entry in entries { page.item(entry.term, entry.text) }
  }
}
