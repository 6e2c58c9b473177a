// Strings: builders, splitting, numbers to text and back, and a parser of JSON that prints what it read.

private fun number(text: String): Any = text.toIntOrNull() ?: text.toLongOrNull() ?: text.toDouble()

private class Parser(private val text: String) {
    private var at = 0

    fun value(): Any? {
        skip()
        return when (val first = text[at]) {
            '{' -> list('{', '}') { val key = string(); skip(); at++; key to value() }.toMap()
            '[' -> list('[', ']') { value() }
            '"' -> string()
            't', 'f', 'n' -> {
                val word = text.substring(at).takeWhile { it.isLetter() }
                at += word.length
                if (first == 'n') null else word.toBooleanStrict()
            }
            else -> {
                val start = at
                while (at < text.length && (text[at].isDigit() || text[at] in "+-.eE")) at++
                number(text.substring(start, at))
            }
        }
    }

    private fun <T> list(open: Char, close: Char, element: () -> T): List<T> {
        check(text[at++] == open)
        val elements = mutableListOf<T>()
        skip()
        while (text[at] != close) {
            skip()
            elements.add(element())
            skip()
            if (text[at] == ',') at++
        }
        at++
        return elements
    }

    private fun string(): String = buildString {
        at++
        while (text[at] != '"') {
            if (text[at] == '\\') {
                at++
                when (text[at]) {
                    'n' -> append('\n')
                    'u' -> { append(text.substring(at + 1, at + 5).toInt(16).toChar()); at += 4 }
                    else -> append(text[at])
                }
            } else append(text[at])
            at++
        }
        at++
    }

    private fun skip() {
        while (at < text.length && text[at].isWhitespace()) at++
    }
}

private fun written(value: Any?): String = when (value) {
    is Map<*, *> -> value.entries.joinToString(", ", "{", "}") { "${written(it.key)}: ${written(it.value)}" }
    is List<*> -> value.joinToString(", ", "[", "]") { written(it) }
    is String -> buildString {
        append('"')
        for (char in value) when {
            char == '"' || char == '\\' -> append('\\').append(char)
            char < ' ' || char > '~' -> append("\\u").append(char.code.toString(16).padStart(4, '0'))
            else -> append(char)
        }
        append('"')
    }
    else -> value.toString()
}

/** So many hundred lines. */
fun text(size: Int) {
    val lines = List(size * 100) { line -> buildString { for (word in 0..line % 11) append(if (word > 0) " " else "").append("w").append(line * word % 97) } }
    val all = lines.joinToString("\n")
    println("all ${all.length} ${all.hashCode()} ${all.lineSequence().maxOf { it.length }}")
    val words = all.split(' ', '\n').groupingBy { it }.eachCount()
    println("words ${words.size} ${words.entries.sortedWith(compareBy({ -it.value }, { it.key })).take(3).map { it.toPair() }}")
    println("replaced ${all.replace("w1", "<one>").count { it == '<' }} ${all.uppercase().indexOf("W96")} ${all.reversed().take(10)}")
    println("trimmed '${"  some text\t".trim()}' ${"a,b,,c".split(",")} ${"Kotlin".map { it.code.toString(2) }}")
    println("numbers ${listOf(0.1 + 0.2, 1.0 / 3, -0.0, Double.NaN, 100.0, 2.5e-3, 123456.125).joinToString()}")
    println("numbers ${Long.MIN_VALUE} ${Int.MAX_VALUE.toString(36)} ${"-7f".toInt(16)} ${"1e3".toDouble()} ${"nonsense".toIntOrNull()} ${0xffu} ${ULong.MAX_VALUE}")
    println("characters ${"grüße, 世界, 😀".encodeToByteArray().size} ${"grüße, 世界, 😀".length} ${"ÄÖÜ".lowercase()} ${'z' - 'a'}")
    val person = """{"name": "Zoë \"Z\" O\u0027Hara", "age": 41, "tags": ["a\nb", true, null, -1.5e3], "more": {}, "id": 12345678901}"""
    val read = Parser(List(size * 10) { person }.joinToString(",", "[", "]")).value()
    println("json ${written((read as List<*>).first())} ${written(read).hashCode()}")
}
