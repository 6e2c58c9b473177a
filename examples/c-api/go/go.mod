module wasmote.example/run

go 1.19
