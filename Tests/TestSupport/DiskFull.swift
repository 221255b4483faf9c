import Glibc
import Synchronization
package import Testing

/// Lets the disk be full for a program at any one of its writes, by `tools/crash_shim.c` preloaded into it.
package final class DiskFull: Sendable {
  /// What a program does to the files below a directory.
  package struct Trace: Sendable {
    /// The numbers of the calls, from 1, that need space.
    package let needingSpace: [Int]
    /// Whether the call with the number that was given was made.
    package let wasReached: Bool
  }

  /// How long there is no space.
  package enum Extent: String, Sendable, CaseIterable {
    /// For one call.
    case once = "full"
    /// For one call, of which half is still written, and all that come after it.
    case fromThereOn = "full-on"
  }

  private let directory: TemporaryDirectory
  private let numbers = Atomic<Int>(0)

  /// Where the C compiler is, if there is one.
  static let compiler: String? = {
    let known: [String] = ["/usr/bin/clang", "/usr/bin/cc", "/usr/bin/gcc"]
    return known.first { access($0, X_OK) == 0 }
  }()

  /// Builds the shim, which `file`, in `Tests/<target>`, stands two directories beside.
  package init(file: String = #filePath) throws {
    guard let compiler = Self.compiler else { throw TestSetupError("no C compiler") }
    directory = try TemporaryDirectory(inMemory: true)
    let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    try runSuccessfully(
      compiler,
      [
        "-shared", "-fPIC", "-O1", "-o", directory.file("shim.so"),
        root.joined(separator: "/") + "/tools/crash_shim.c", "-ldl",
      ])
  }

  /// Runs a program to its end, with no space left for its call with this number to files below `root`,
  /// which is canonical; 0 for none.
  package func run(
    _ path: String, _ arguments: [String], root: String, at number: Int, _ extent: Extent,
    environment: [String: String] = [:]
  ) throws -> (result: ProcessResult, trace: Trace) {
    let state = directory.file("\(numbers.add(1, ordering: .relaxed).newValue)")
    defer { unlink(state) }
    let more = [
      "LD_PRELOAD": directory.file("shim.so"), "CRASH_STATE": state, "CRASH_ROOT": root,
      "CRASH_AT": "\(number)", "CRASH_HOW": extent.rawValue,
    ]
    let result = try runProcess(
      path, arguments, environment: environment.merging(more) { _, new in new })
    return (result, try trace(state, number))
  }

  /// Reads what the shim left: two numbers, 496 octets of text, and for each call what it is, with the
  /// highest bit set where it needs no space.
  private func trace(_ path: String, _ number: Int) throws -> Trace {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TestSystemError("open", path) }
    defer { close(descriptor) }
    var numbers: [UInt64] = [0, 0]
    guard pread(descriptor, &numbers, 16, 0) == 16 else { throw TestSystemError("read", path) }
    var kinds = [UInt8](repeating: 0, count: Int(numbers[0]) + 1)
    guard pread(descriptor, &kinds, kinds.count, 512) == kinds.count else {
      throw TestSystemError("read", path)
    }
    return Trace(
      needingSpace: (1..<kinds.count).filter { kinds[$0] < 0x80 },
      wasReached: numbers[1] == UInt64(number))
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips the suite or test, by name, where there is no C compiler.
  package static var requiresCompiler: Self {
    .enabled("a C compiler is installed") { DiskFull.compiler != nil }
  }
}
