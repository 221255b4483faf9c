import Testing

@testable import CommandLine

struct OptionTableTests {
  @Test func `Every name has a row`() {
    #expect(Set(OptionTable.options.map(\.name)) == Set(OptionName.allCases))
    #expect(OptionTable.commands.map(\.name) == CommandName.allCases)
  }

  @Test func `Rows of the same name take the same kind of value and other commands`() {
    for rows in Dictionary(grouping: OptionTable.options, by: \.name).values {
      #expect(rows.allSatisfy { $0.value == rows[0].value })
      let commands = rows.flatMap(\.commands)
      #expect(Set(commands).count == commands.count)
    }
  }

  @Test(arguments: OptionTable.options.indices)
  func `Texts are in form`(_ index: Int) {
    let option = OptionTable.options[index]
    #expect(!option.summary.hasSuffix("."))
    #expect(option.summary.count <= 72)
    #expect(option.details.hasSuffix("."))
    #expect(option.details.count { $0 == "`" } % 2 == 0)
  }
}

struct HelpTextTests {
  @Test(arguments: CommandName.allCases)
  func `Help of a command lists exactly its options`(_ name: CommandName) throws {
    let command = try #require(OptionTable.command(name))
    let lines = HelpText.command(command).split(separator: "\n")
    let listed = lines.filter { $0.hasPrefix("  --") }.map { line in
      String(line.dropFirst(2).prefix { $0 != " " })
    }
    #expect(listed.sorted() == OptionTable.options(of: name).map(\.spelling).sorted())
    for option in OptionTable.options(of: name) {
      #expect(lines.contains { $0.hasPrefix("  " + option.usage) })
    }
    #expect(lines.allSatisfy { $0.count <= 80 })
  }

  @Test func `Help of the program lists every command`() {
    let help = HelpText.program()
    for command in OptionTable.commands {
      // What leaves no room in its line has its summary in the next one.
      #expect([" ", "\n"].contains { help.contains("\n  \(command.usage)" + $0) })
    }
    #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }
}
