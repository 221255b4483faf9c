import Synchronization

/// Makes many new files durable together, for less than the sum of single flushes.
package enum GroupFlush {}
