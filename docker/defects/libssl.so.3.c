/* A library that the standard library needs, without the versions that it asks for. */
int nothing;
