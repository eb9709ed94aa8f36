fn main() {
    cc::Build::new().file("src/root.c").compile("root");
    cc::Build::new().cpp(true).file("src/checked.cpp").compile("checked");
}
