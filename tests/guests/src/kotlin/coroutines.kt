// Coroutines without a library: sequences, and a scheduler with channels in a page.

import kotlin.coroutines.*

private val fibonacci = sequence {
    var pair = 0L to 1L
    while (true) {
        yield(pair.first)
        pair = pair.second to ((pair.first + pair.second) and 0xffff_ffff_ffffL)
    }
}

private fun primes() = sequence {
    var numbers = generateSequence(2) { it + 1 }
    while (true) {
        val prime = numbers.first()
        yield(prime)
        numbers = numbers.drop(1).filter { it % prime != 0 }
    }
}

private class Node(val value: Int, val left: Node?, val right: Node?) {
    fun inOrder(): Sequence<Int> = sequence {
        left?.let { yieldAll(it.inOrder()) }
        yield(value)
        right?.let { yieldAll(it.inOrder()) }
    }
}

private fun balanced(from: Int, to: Int): Node? {
    if (from >= to) return null
    val middle = (from + to) / 2
    return Node(middle, balanced(from, middle), balanced(middle + 1, to))
}

/** Runs what is ready, in turn. */
private class Scheduler {
    private val ready = ArrayDeque<() -> Unit>()
    var failures = 0

    fun post(step: () -> Unit) = ready.addLast(step)

    fun launch(body: suspend () -> Unit) = post {
        body.startCoroutine(Continuation(EmptyCoroutineContext) { result -> result.onFailure { failures++ } })
    }

    fun run() {
        while (true) (ready.removeFirstOrNull() ?: return)()
    }
}

private class Channel<T>(private val scheduler: Scheduler, private val room: Int) {
    private val values = ArrayDeque<T>()
    private val receivers = ArrayDeque<Continuation<T>>()
    private val senders = ArrayDeque<Pair<T, Continuation<Unit>>>()

    suspend fun send(value: T) {
        val receiver = receivers.removeFirstOrNull()
        when {
            receiver != null -> scheduler.post { receiver.resume(value) }
            values.size < room -> values.addLast(value)
            else -> suspendCoroutine { senders.addLast(value to it) }
        }
    }

    suspend fun receive(): T {
        if (values.isEmpty()) return suspendCoroutine { receivers.addLast(it) }
        senders.removeFirstOrNull()?.let { (value, sender) ->
            values.addLast(value)
            scheduler.post { sender.resume(Unit) }
        }
        return values.removeFirst()
    }
}

private suspend fun recursive(channel: Channel<Int>, depth: Int): Int =
    if (depth == 0) channel.receive() else try { recursive(channel, depth - 1) + 1 } finally { unwound++ }

private var unwound = 0

/** So many hundred messages. */
fun coroutines(size: Int) {
    println("fibonacci ${fibonacci.take(size * 10).fold(0L) { a, b -> a xor b }} ${fibonacci.drop(5).take(5).toList()}")
    println("primes ${primes().take(minOf(size * 5, 100)).last()}")
    println("in order ${balanced(0, size * 50)!!.inOrder().zipWithNext().all { (a, b) -> b == a + 1 }}")

    val scheduler = Scheduler()
    val (numbers, squares) = List(2) { Channel<Int>(scheduler, 4) }
    val count = size * 100
    var sum = 0L
    repeat(3) { worker ->
        scheduler.launch { for (i in 0 until count) if (i % 3 == worker) numbers.send(i) }
    }
    scheduler.launch { repeat(count) { val number = numbers.receive(); squares.send(number * number % 1009) } }
    scheduler.launch { repeat(count) { sum += squares.receive() } }
    scheduler.run()
    println("squares $sum")

    val deep = Channel<Int>(scheduler, 1)
    var reached = 0
    scheduler.launch { reached = recursive(deep, minOf(size * 10, 1000)) }
    scheduler.launch { deep.send(1) }
    scheduler.launch { check(deep.receive() < 0) { "never" } }
    scheduler.launch { deep.send(1) }
    scheduler.run()
    println("deep $reached unwound $unwound failures ${scheduler.failures}")
}
