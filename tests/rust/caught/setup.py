from setuptools import setup
from setuptools_rust import Binding, RustExtension

setup(name="caught", version="1.0", rust_extensions=[RustExtension("caught", binding=Binding.NoBinding)])
