import Stores

/// The side of a `CopyWriter` that takes digests of what is copied, and chooses names by them: it takes
/// as long as all else, and so has a thread of its own.
final class CopyMeasure {
  private let measure = ContentMeasure()
  private var names: CopyNames

  init(names: CopyNames) { self.names = names }

  /// Completes what a block says of messages.
  ///
  /// - Returns: whether nothing more is to come.
  func take(_ block: inout CopyWriter.Block) -> Bool {
    var offset = 0
    for place in block.steps.indices {
      switch block.steps[place] {
      case .begin, .abandon: measure.reset()
      case .bytes(let end):
        block.bytes.withUnsafeBytes {
          measure.take(UnsafeRawBufferPointer(rebasing: $0[offset..<end]))
        }
        offset = end
      case .copied(let copied):
        let written = measure.finish()
        block.steps[place] = .finish(
          CopyWriter.Finished(
            name: names.name(of: copied.message, written, copied.date), copied: copied,
            content: written))
      case .finish, .commit: break
      case .end: return true
      }
    }
    return false
  }
}
