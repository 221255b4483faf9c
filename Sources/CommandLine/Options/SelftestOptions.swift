extension OptionTable {
  /// How a selftest goes about it.
  static let selftestOptions: [Option] = [
    Option(
      name: .kills, group: .selftest, commands: [.selftest], value: .number("N", 1...1000),
      summary: "kill a push N times (20); each takes up to 20 seconds",
      details: "How many times a push is killed: 1 to 1000, 20 by default. A kill takes a second, "
        + "and 10 to 20 where messages were on their way: so long a push waits before it goes on."),
    Option(
      name: .messageCount, group: .selftest, commands: [.selftest], value: .number("N", 1...10_000),
      summary: "push about N messages in all (40)",
      details:
        "About how many messages are pushed in all: 1 to 10000, 40 by default. Each round has "
        + "one at least. One in ten has some 100 kB."),
    Option(
      name: .seed, group: .selftest, commands: [.selftest], value: .number("N", 0...4_294_967_295),
      summary: "choose messages and moments as the run with this seed did",
      details:
        "Choose messages and moments as the run that named this seed: the same messages, and "
        + "the same steps at which pushes are killed. What a process happens to do when some time has "
        + "passed differs all the same."),
  ]
}
