@file:OptIn(kotlin.wasm.ExperimentalWasmInterop::class, kotlin.wasm.unsafe.UnsafeWasmMemoryApi::class)

import kotlin.wasm.WasmImport
import kotlin.wasm.unsafe.withScopedMemoryAllocator

@WasmImport("wasi_snapshot_preview1", "args_sizes_get")
private external fun argsSizesGet(count: Int, bytes: Int): Int

@WasmImport("wasi_snapshot_preview1", "args_get")
private external fun argsGet(pointers: Int, bytes: Int): Int

/** The program's arguments, its name left out. What `main` is given on WASI is empty. */
fun arguments(@Suppress("UNUSED_PARAMETER") given: Array<String>): List<String> = withScopedMemoryAllocator { allocator ->
    val sizes = allocator.allocate(8)
    check(argsSizesGet(sizes.address.toInt(), (sizes + 4).address.toInt()) == 0)
    val count = sizes.loadInt()
    val pointers = allocator.allocate(4 * count)
    val bytes = allocator.allocate((sizes + 4).loadInt())
    check(argsGet(pointers.address.toInt(), bytes.address.toInt()) == 0)
    List(count) { index ->
        val text = bytes + ((pointers + 4 * index).loadInt() - bytes.address.toInt())
        val length = generateSequence(0) { it + 1 }.first { (text + it).loadByte() == 0.toByte() }
        ByteArray(length) { (text + it).loadByte() }.decodeToString()
    }.drop(1)
}
