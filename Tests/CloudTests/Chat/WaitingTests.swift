import Core
import Synchronization
import Testing

@testable import Cloud

@Suite struct WaitingTests {
    @Test("a mailbox gives what is in it, in order, and nothing once time is up")
    func mailbox() async {
        let clock = CloudClock(speed: 1000)
        let mailbox = Mailbox<Int>()
        mailbox.put(1)
        mailbox.put(2)
        #expect(await mailbox.take(within: .zero, clock: clock) == 1)
        #expect(await mailbox.take(within: .seconds(60), clock: clock) == 2)
        #expect(await mailbox.take(within: .seconds(1), clock: clock) == nil)
        #expect(await mailbox.take(within: .zero, clock: clock) == nil)
        async let next = mailbox.take(within: .seconds(1_000_000), clock: clock)
        mailbox.put(3)
        #expect(await next == 3)
    }

    @Test("a reader of a mailbox who is cancelled does not wait, before or after")
    func mailboxCancelled() async {
        let clock = CloudClock()
        let mailbox = Mailbox<Int>()
        for pause in [0, 5] {
            let reader = Task { await mailbox.take(within: .seconds(3600), clock: clock) }
            try? await Task.sleep(for: .milliseconds(pause))
            reader.cancel()
            #expect(await reader.value == nil)
        }
        mailbox.put(4)
        #expect(await mailbox.take(within: .seconds(1), clock: clock) == 4)
    }

    @Test("a full mailbox holds its writer up until something is taken, or it is cancelled")
    func mailboxFull() async {
        let clock = CloudClock(speed: 1000)
        let mailbox = Mailbox<Int>()
        let written = Atomic<Int>(0)
        let writer = Task {
            for item in 0..<100 {
                await mailbox.put(item, below: 3)
                written.store(item + 1, ordering: .relaxed)
            }
        }
        for item in 0..<50 {
            #expect(await mailbox.take(within: .seconds(1_000_000), clock: clock) == item)
            // What was taken, what waits, and one that was let in when the last was taken.
            #expect(written.load(ordering: .relaxed) <= item + 5)
        }
        writer.cancel()
        await writer.value
        for item in 50..<100 {
            #expect(await mailbox.take(within: .zero, clock: clock) == item)
        }
    }

    @Test("nothing is lost or doubled while items and time-outs race")
    func mailboxRaces() async {
        let clock = CloudClock(speed: 1000)
        let mailbox = Mailbox<Int>()
        let writer = Task {
            for item in 0..<300 {
                await mailbox.put(item, below: 5)
                if item.isMultiple(of: 7) { try? await Task.sleep(for: .microseconds(300)) }
            }
        }
        var items: [Int] = []
        while items.count < 300 {
            if let item = await mailbox.take(within: .milliseconds(300), clock: clock) {
                items.append(item)
            }
        }
        await writer.value
        #expect(items == Array(0..<300))
    }

    @Test("a turnstile lets one through at a time, in the order of coming")
    func turnstile() async throws {
        let turnstile = Turnstile()
        #expect(await turnstile.enter())
        let order = Order()
        var tasks: [Task<Void, Never>] = []
        for number in 0..<5 {
            tasks.append(
                Task {
                    guard await turnstile.enter() else { return }
                    await order.note(number)
                    turnstile.leave()
                }
            )
            try await Task.sleep(for: .milliseconds(20))
        }
        // One loses patience before its turn.
        tasks[2].cancel()
        await tasks[2].value
        turnstile.leave()
        for task in tasks { await task.value }
        #expect(await order.numbers == [0, 1, 3, 4])
        let late = Task { await turnstile.enter() }
        #expect(await late.value)
        let cancelled = Task {
            while !Task.isCancelled { await Task.yield() }
            return await turnstile.enter()
        }
        cancelled.cancel()
        #expect(await !cancelled.value)
    }

    private actor Order {
        var numbers: [Int] = []
        func note(_ number: Int) { numbers.append(number) }
    }

    @Test("an action may repair a token and a session once each")
    func action() {
        let action = UserAction()
        let tokens = (0..<3).map { _ in action.mayRenewToken() }
        let sessions = (0..<3).map { _ in action.mayRenewSession() }
        #expect(tokens == [true, false, false])
        #expect(sessions == [true, false, false])
    }
}
