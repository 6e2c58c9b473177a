// A program in parts: PART SIZE. Parts are trees, maps, coroutines, text, failures, shapes. What is printed is the same on every run, and the same
// as on the JVM.

fun main(given: Array<String>) {
    val args = arguments(given)
    val part = args.firstOrNull() ?: "all"
    val size = args.getOrNull(1)?.toInt() ?: 10
    val parts = mapOf(
        "trees" to ::trees,
        "maps" to ::maps,
        "coroutines" to ::coroutines,
        "text" to ::text,
        "failures" to ::failures,
        "shapes" to ::shapes,
    )
    if (part == "all") parts.values.forEach { it(size) } else parts.getValue(part)(size)
}

/** Numbers that look like chance, the same everywhere. */
class Chance(private var state: Int = 12345) {
    fun next(below: Int): Int {
        state = state * 1103515245 + 12345
        return ((state ushr 8) and 0x7fffff) % below
    }
}
