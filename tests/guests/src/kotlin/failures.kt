// Exceptions: of several kinds, through many frames, with causes, in finally blocks and in initialisers, rethrown and suppressed, and those of the
// language: bounds, casts, null, division.

private open class Failure(message: String, val code: Int, cause: Throwable? = null) : Exception(message, cause)
private class Missing(name: String) : Failure("missing $name", 404)
private class Wrapped(cause: Throwable) : Failure("wrapped", 500, cause)

private val order = mutableListOf<String>()

private fun nested(depth: Int): Int {
    if (depth == 0) throw Missing("bottom")
    try {
        return nested(depth - 1) + 1
    } finally {
        if (depth % 10 == 0) order.add("f$depth")
    }
}

private fun wrapping(depth: Int): Nothing = try {
    if (depth == 0) error("the root") else wrapping(depth - 1)
} catch (e: Exception) {
    throw Wrapped(e)
}

private fun finallyReturns(i: Int): Int {
    for (k in 0..3) {
        try {
            if (k == i) continue
            if (k == 3) return -1
            if (i > 3) throw Missing("$i")
        } catch (e: Missing) {
            if (i == 5) break
            return e.code
        } finally {
            order.add("$i$k")
        }
    }
    return -2
}

private fun <T> kind(body: () -> T): String = try {
    "fine ${body()}"
} catch (e: Failure) {
    "${e.message} ${e.code}"
} catch (e: IndexOutOfBoundsException) {
    "index"
} catch (e: ClassCastException) {
    "cast"
} catch (e: NullPointerException) {
    "null"
} catch (e: ArithmeticException) {
    "arithmetic"
} catch (e: NumberFormatException) {
    "number"
} catch (e: NoSuchElementException) {
    "no element"
} catch (e: IllegalArgumentException) {
    "argument ${e.message}"
} catch (e: IllegalStateException) {
    "state ${e.message}"
} catch (e: UnsupportedOperationException) {
    "unsupported"
} catch (e: Error) {
    "error ${e.message}"
}

private class Resource(val name: String) : AutoCloseable {
    override fun close() {
        order.add("close $name")
        if (name == "bad") throw Missing(name)
    }
}

/** So many hundred throws. */
fun failures(size: Int) {
    var caught = 0
    for (i in 0 until size * 100) {
        try {
            nested(i % 40)
        } catch (e: Failure) {
            caught += e.code
        }
    }
    println("caught $caught ${order.size}")
    order.clear()

    val causes = generateSequence(runCatching { wrapping(size) }.exceptionOrNull()) { it.cause }.toList()
    println("causes ${causes.size} ${causes.last().message} ${causes.count { it is Wrapped }}")
    println("finally ${(0..5).map(::finallyReturns)} $order")
    order.clear()

    val any: Any = "text"
    val nothing: String? = order.firstOrNull()
    val zero = order.size
    println(
        listOf(
            kind { listOf(1)[size] }, kind { nothing!!.length }, kind { 1 / zero }, kind { "x1".toInt() }, kind { emptyList<Int>().first() },
            kind { require(zero > 0) { "too few" } }, kind { check(zero > 0) { "not ready" } }, kind { throw Missing("key") },
            kind { (any as Comparable<*>).toString() }, kind { mapOf(1 to 2).getValue(3) }, kind { TODO("later") }, kind { nested(size) },
        )
    )
    val closed = kind { Resource("good").use { Resource("bad").use { it.name.length } } }
    val suppressed = runCatching { Resource("bad").use { error("first") } }.exceptionOrNull()!!
    println("closed $closed $order ${suppressed.message} ${suppressed.suppressedExceptions.map { it.message }}")
}
