import CPlatform

/// What becomes of memory that is no longer used.
package enum FreedMemory {
  // By itself glibc raises the size from which blocks are mapped one by one up to 32 MiB; a list of a
  // hundred thousand messages that grows then leaves holes of its size behind.
  private static let mappedFrom: Int32 = 256 << 10

  /// Has large blocks go back to the system as soon as they are freed.
  ///
  /// To be called once, before there are other threads.
  package static func goesBack() { _ = mailarc_return_freed_memory(mappedFrom) }
}
