// A small design: a linear feedback shift register, a counter with a comparator, and a state machine that shows one or the other on
// eight lamps.
module top (input clk, input button, output [7:0] lamps, output tone);
    reg [23:0] count = 0;
    reg [15:0] noise = 1;
    reg [1:0] state = 0;
    reg [7:0] limit = 0, shown = 0;
    always @(posedge clk) begin
        count <= count + 1;
        noise <= {noise[14:0], noise[15] ^ noise[13] ^ noise[12] ^ noise[10]};
        if (count[15:0] == {limit, noise[7:0]}) limit <= limit + 3;
        case (state)
            0: if (button) state <= 1;
            1: begin shown <= noise[7:0] ^ count[23:16]; state <= button ? 2 : 0; end
            2: begin shown <= shown + limit; if (&shown[3:0]) state <= 3; end
            3: begin shown <= {shown[6:0], ^shown}; if (!button) state <= 0; end
        endcase
    end
    assign lamps = shown;
    assign tone = count[15:8] < limit;
endmodule
