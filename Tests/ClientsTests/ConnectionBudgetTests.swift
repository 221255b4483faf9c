import Platform
import Protocols
import Testing

@testable import Clients

@Suite struct ConnectionBudgetTests {
  private func open(_ count: Int, _ budget: ConnectionBudget) throws {
    for _ in 0..<count {
      #expect(try budget.claim(evenIfFull: false))
      budget.opened()
    }
  }

  @Test func `a refusal beside others is the limit, and it is not exceeded again`() throws {
    let budget = ConnectionBudget()
    try open(2, budget)
    #expect(budget.ceiling == nil)
    #expect(try budget.claim(evenIfFull: false))
    #expect(budget.failed(mayBeFull: true, since: budget.closings))
    #expect(budget.ceiling == 2)
    #expect(try !budget.claim(evenIfFull: false))
    budget.closed()
    #expect(try budget.claim(evenIfFull: false))
    #expect(try !budget.claim(evenIfFull: false))
    budget.opened()
    #expect(budget.ceiling == 2)
  }

  @Test func `another failure is no limit, nor is one of the only connection`() throws {
    let budget = ConnectionBudget()
    #expect(try budget.claim(evenIfFull: false))
    #expect(!budget.failed(mayBeFull: true, since: budget.closings))
    try open(1, budget)
    #expect(try budget.claim(evenIfFull: false))
    #expect(!budget.failed(mayBeFull: false, since: budget.closings))
    #expect(budget.ceiling == nil)
  }

  /// The refusal is heard when the other connection is given back already.
  @Test func `who was refused for the sake of one that has gone meanwhile tries again at once`()
    throws
  {
    let budget = ConnectionBudget()
    try open(1, budget)
    let before = budget.closings
    #expect(try budget.claim(evenIfFull: false))
    budget.closed()
    #expect(budget.failed(mayBeFull: true, since: before))
    #expect(budget.ceiling == nil)
    // With nobody else there it counts as any failure.
    let alone = budget.closings
    #expect(try budget.claim(evenIfFull: false))
    #expect(!budget.failed(mayBeFull: true, since: alone))
  }

  @Test func `a server that takes one more after all is believed`() throws {
    let budget = ConnectionBudget()
    try open(1, budget)
    #expect(try budget.claim(evenIfFull: false))
    #expect(budget.failed(mayBeFull: true, since: budget.closings))
    #expect(try budget.claim(evenIfFull: true))
    budget.opened()
    #expect(budget.ceiling == 2)
  }

  @Test func `who waits is told of a place, and who rests of somebody who waits`() throws {
    let budget = ConnectionBudget()
    try open(1, budget)
    let resting = try Interruption()
    #expect(budget.rest(resting))
    #expect(try budget.claim(evenIfFull: false))
    #expect(budget.failed(mayBeFull: true, since: budget.closings))
    let waiting = try Interruption()
    #expect(budget.wait(waiting))
    #expect(resting.isInterrupted)
    #expect(!waiting.isInterrupted)
    #expect(try !budget.rest(Interruption()))
    budget.closed()
    #expect(waiting.isInterrupted)
    #expect(try !budget.wait(Interruption()))
  }

  @Test func `a login that was refused is refused to all`() throws {
    let budget = ConnectionBudget()
    try open(1, budget)
    budget.refused(.loginRefused(.imap, ResponseText(code: nil, text: "wrong")))
    #expect(throws: ClientError.self) { try budget.claim(evenIfFull: true) }
  }
}
