//! Prints a line on each output stream, and its arguments sorted.
const std = @import("std");

fn lessThan(_: void, a: []const u8, b: []const u8) bool {
    return std.mem.lessThan(u8, a, b);
}

pub fn main(init: std.process.Init) !void {
    var buffer: [256]u8 = undefined;
    var stdout = std.Io.File.stdout().writer(init.io, &buffer);
    const out = &stdout.interface;

    var words: std.ArrayList([]const u8) = .empty;
    defer words.deinit(init.gpa);
    var arguments = try init.minimal.args.iterateAllocator(init.gpa);
    defer arguments.deinit();
    _ = arguments.skip();
    while (arguments.next()) |argument| try words.append(init.gpa, argument);
    std.mem.sort([]const u8, words.items, {}, lessThan);

    try out.print("Hello from Zig, {d} arguments\n", .{words.items.len});
    for (words.items) |word| try out.print("  {s}\n", .{word});
    try out.print("a third is {d:.6}, 1 << 40 is {d}\n", .{ 1.0 / 3.0, @as(u64, 1) << 40 });
    try out.flush();
    std.debug.print("done\n", .{});
}
