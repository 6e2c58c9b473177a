// Draws an image, and writes and reads it as PNG and JPEG.
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

func main() {
	picture := image.NewRGBA(image.Rect(0, 0, 280, 200))
	for y := 0; y < 200; y++ {
		for x := 0; x < 280; x++ {
			picture.Set(x, y, color.RGBA{uint8(x * y >> 4), uint8(x ^ y), uint8(x + 2*y), 255})
		}
	}
	var asPNG, asJPEG bytes.Buffer
	png.Encode(&asPNG, picture)
	jpeg.Encode(&asJPEG, picture, &jpeg.Options{Quality: 80})
	fmt.Println(asPNG.Len(), asJPEG.Len())
	for _, file := range []*bytes.Buffer{&asPNG, &asJPEG} {
		back, kind, err := image.Decode(file)
		if err != nil {
			panic(err)
		}
		fmt.Println(kind, back.Bounds(), back.At(77, 55), back.At(3, 100))
	}
}
