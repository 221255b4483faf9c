import Glibc

/// Whether there is a process of that number, on this machine.
package func processExists(_ number: Int32) -> Bool {
  kill(number, 0) == 0 || errno == EPERM
}

/// The number of this process.
package func ownProcessNumber() -> Int32 { getpid() }

/// Lets this thread wait for some milliseconds.
package func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }
